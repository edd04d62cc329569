#include "processors/json_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "processors/json_text.hpp"

namespace kfs {
namespace {

/// PostgreSQL parses recursively, so its stack limits the depth.
constexpr std::size_t most_levels = 500;
/// numeric has up to 131072 digits before the decimal point and 16383 behind it.
constexpr std::ptrdiff_t longest_number = 10'000;
constexpr long largest_exponent = 5'000;

/// Bytes that a string may hold as they are.
constexpr auto plain_in_string = [] {
  std::array<bool, 256> table{};
  for (std::size_t byte = 0x20; byte < table.size(); ++byte) table[byte] = byte != '"' && byte != '\\';
  return table;
}();

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_surrogate(std::string_view digits) {
  return digits.size() == 4 && (digits[0] | 0x20) == 'd' &&
         std::string_view("89abcdefABCDEF").find(digits[1]) != std::string_view::npos;
}

bool is_high_surrogate(std::string_view digits) {
  return is_surrogate(digits) && std::string_view("89abAB").find(digits[1]) != std::string_view::npos;
}

/// A name between two slashes (RFC 6901, section 4).
std::string unescaped_token(std::string_view token) {
  std::string name;
  for (std::size_t i = 0; i < token.size(); ++i) {
    const bool escape = token[i] == '~' && i + 1 < token.size();
    name.push_back(!escape ? token[i] : token[++i] == '1' ? '/' : '~');
  }
  return name;
}

}  // namespace

json_reader::json_reader(const std::vector<std::string>& pointers) {
  places_.push_back({.name = {}, .number = nowhere, .inner = {}, .value = {}});
  for (const auto& pointer : pointers) add(pointer);
}

void json_reader::add(std::string_view pointer) {
  std::uint32_t at = 0;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const auto token = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(token.size());
    at = inner_place(at, unescaped_token(token));
  }
  places_of_pointers_.push_back(at);
}

/// Finds or adds a place.
std::uint32_t json_reader::inner_place(std::uint32_t outer, const std::string& name) {
  for (const auto inner : places_[outer].inner) {
    if (places_[inner].name == name) return inner;
  }
  auto number = nowhere;
  const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool index = failed == std::errc{} && end == name.data() + name.size() && (name == "0" || name[0] != '0');
  const auto added = static_cast<std::uint32_t>(places_.size());
  places_[outer].inner.push_back(added);
  places_.push_back({.name = name, .number = index ? number : nowhere, .inner = {}, .value = {}});
  return added;
}

json_value json_reader::found(std::size_t pointer) const noexcept {
  const auto& named = places_[places_of_pointers_[pointer]];
  return named.reading == reading_ ? named.value : json_value{};
}

json_reader::verdict json_reader::read(std::string_view bytes) {
  bytes = without_byte_order_mark(bytes);
  text_ = bytes;
  at_ = bytes.data();
  end_ = at_ + bytes.size();
  root_ = {};
  levels_.clear();
  ++reading_;
  for_postgres_ = true;
  if (!read_all() || !is_utf8(bytes)) {
    root_ = {};
    ++reading_;  // forgets what was found
    return verdict::no_json;
  }
  root_ = places_.front().value;
  return for_postgres_ ? verdict::jsonb : verdict::valid;
}

bool json_reader::read_all() {
  places_.front().reading = reading_;
  if (!read_value(0)) return false;
  while (!levels_.empty()) {
    if (!read_member()) return false;
  }
  skip_space();
  return at_ == end_;
}

/// Reads a scalar, or opens an object or array.
bool json_reader::read_value(std::uint32_t at) {
  skip_space();
  if (at_ == end_) return false;
  const auto* const begin = at_;
  switch (*at_) {
    case '{':
    case '[':
      ++at_;
      levels_.push_back({.at = at, .begin = begin});
      if (levels_.size() > most_levels) for_postgres_ = false;
      return true;
    case '"':
      if (!read_string()) return false;
      break;
    case 't':
      if (!read_word("true")) return false;
      break;
    case 'f':
      if (!read_word("false")) return false;
      break;
    case 'n':
      if (!read_word("null")) return false;
      break;
    default:
      if (!read_number()) return false;
  }
  keep(at, begin);
  return true;
}

/// Reads the next member of the innermost object or array, or its end.
bool json_reader::read_member() {
  auto& inner = levels_.back();
  const bool object = *inner.begin == '{';
  skip_space();
  if (take(object ? '}' : ']')) {
    const auto closed = inner;
    levels_.pop_back();
    keep(closed.at, closed.begin);
    return true;
  }
  if (inner.members > 0 && !take(',')) return false;
  const auto number = inner.members++;
  const auto outer = inner.at;
  if (!object) return read_value(step_into(outer, [&](const place& candidate) { return candidate.number == number; }));
  skip_space();
  const auto* const name = at_;
  if (at_ == end_ || *at_ != '"' || !read_string()) return false;
  const auto at = outer == nowhere ? nowhere : member_place(outer, {name, at_});
  skip_space();
  return take(':') && read_value(at);
}

std::uint32_t json_reader::member_place(std::uint32_t outer, std::string_view raw_name) {
  auto name = raw_name.substr(1, raw_name.size() - 2);
  if (name.find('\\') != std::string_view::npos) {
    name_.clear();
    if (!append_string_text(raw_name, name_)) return nowhere;
    name = name_;
  }
  return step_into(outer, [&](const place& candidate) { return candidate.name == name; });
}

/// The place of a member, if pointers lead to it and no earlier member of the same name was read.
template <class Leads>
std::uint32_t json_reader::step_into(std::uint32_t outer, Leads&& leads) {
  if (outer == nowhere) return nowhere;
  for (const auto inner : places_[outer].inner) {
    auto& candidate = places_[inner];
    if (!leads(candidate)) continue;
    if (candidate.reading == reading_) return nowhere;
    candidate.reading = reading_;
    candidate.value = {};
    return inner;
  }
  return nowhere;
}

/// A value that was read ends here.
void json_reader::keep(std::uint32_t at, const char* begin) {
  if (at == nowhere) return;
  places_[at].value = {json_value::kind_of(*begin), {begin, at_}};
}

bool json_reader::read_string() {
  ++at_;
  while (true) {
    while (at_ != end_ && plain_in_string[static_cast<unsigned char>(*at_)]) ++at_;
    if (at_ == end_) return false;
    if (*at_ == '"') break;
    if (*at_ != '\\' || !read_escape()) return false;
  }
  ++at_;
  return true;
}

bool json_reader::read_escape() {
  constexpr std::string_view simple = "\"\\/bfnrt";
  ++at_;
  if (at_ == end_) return false;
  const char what = *at_++;
  if (what != 'u') return simple.find(what) != std::string_view::npos;
  const auto digits = next_digits();
  if (digits.empty()) return false;
  if (digits == "0000") for_postgres_ = false;
  at_ += 4;
  if (!is_surrogate(digits)) return true;
  // jsonb takes surrogates in pairs only.
  const bool paired = is_high_surrogate(digits) && take_pair();
  if (!paired) for_postgres_ = false;
  return true;
}

/// The four hexadecimal digits that come next; empty when others come.
std::string_view json_reader::next_digits() const {
  const std::string_view digits(at_, std::min(end_, at_ + 4));
  return digits.size() == 4 && std::ranges::all_of(digits, is_hex_digit) ? digits : std::string_view{};
}

/// Reads `\uDC00` to `\uDFFF` if that comes next.
bool json_reader::take_pair() {
  if (!std::string_view(at_, end_).starts_with("\\u")) return false;
  at_ += 2;
  const auto digits = next_digits();
  if (is_surrogate(digits) && !is_high_surrogate(digits)) {
    at_ += 4;
    return true;
  }
  at_ -= 2;
  return false;
}

/// RFC 8259, section 6.
bool json_reader::read_number() {
  const auto* const begin = at_;
  take('-');
  if (!take('0') && !read_digits()) return false;
  if (take('.') && !read_digits()) return false;
  if (take('e') || take('E')) {
    if (!take('+')) take('-');
    const auto* const digits = at_;
    if (!read_digits()) return false;
    long exponent = 0;
    if (std::from_chars(digits, at_, exponent).ec != std::errc{} || exponent > largest_exponent) for_postgres_ = false;
  }
  if (at_ - begin > longest_number) for_postgres_ = false;
  return true;
}

bool json_reader::read_digits() {
  const auto* const begin = at_;
  while (at_ != end_ && is_digit(*at_)) ++at_;
  return at_ != begin;
}

bool json_reader::read_word(std::string_view word) {
  if (!std::string_view(at_, end_).starts_with(word)) return false;
  at_ += word.size();
  return true;
}

bool json_reader::take(char wanted) {
  if (at_ == end_ || *at_ != wanted) return false;
  ++at_;
  return true;
}

void json_reader::skip_space() {
  while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
}

}  // namespace kfs
