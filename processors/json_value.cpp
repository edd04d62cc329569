#include "processors/json_value.hpp"

#include <optional>

namespace kfs {
namespace {

constexpr std::string_view spaces = " \t\r\n";

void skip_space(std::string_view& text) noexcept {
  const auto begin = text.find_first_not_of(spaces);
  text.remove_prefix(begin == std::string_view::npos ? text.size() : begin);
}

/// Where a string ends, which begins with a quote at `at`.
std::size_t end_of_string(std::string_view text, std::size_t at) noexcept {
  for (++at; text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at + 1;
}

/// Takes a value off the beginning of valid JSON.
std::string_view take_value(std::string_view& text) noexcept {
  std::size_t depth = 0;
  std::size_t at = 0;
  do {
    switch (text[at]) {
      case '"':
        at = end_of_string(text, at);
        break;
      case '{':
      case '[':
        ++depth;
        ++at;
        break;
      case '}':
      case ']':
        --depth;
        ++at;
        break;
      default:
        if (depth > 0)
          ++at;
        else
          at = std::min(text.find_first_of(",]} \t\r\n"), text.size());
    }
  } while (depth > 0);
  const auto taken = text.substr(0, at);
  text.remove_prefix(at);
  return taken;
}

/// The value of four hexadecimal digits.
std::uint32_t hex_value(std::string_view digits) noexcept {
  std::uint32_t value = 0;
  for (const char digit : digits)
    value = value * 16 + static_cast<std::uint32_t>(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
  return value;
}

void append_utf8(std::uint32_t point, std::string& into) {
  const auto tail = [&](unsigned shift) { into.push_back(static_cast<char>(0x80U | ((point >> shift) & 0x3FU))); };
  if (point < 0x80) return into.push_back(static_cast<char>(point));
  if (point < 0x800) {
    into.push_back(static_cast<char>(0xC0U | (point >> 6U)));
    return tail(0);
  }
  if (point < 0x10000) {
    into.push_back(static_cast<char>(0xE0U | (point >> 12U)));
  } else {
    into.push_back(static_cast<char>(0xF0U | (point >> 18U)));
    tail(12);
  }
  tail(6);
  tail(0);
}

/// Takes `XXXX`, or `XXXX\uXXXX` of a surrogate pair; nullopt for a lone surrogate.
std::optional<std::uint32_t> take_code_point(std::string_view& text) noexcept {
  const auto unit = hex_value(text.substr(0, 4));
  text.remove_prefix(4);
  if (unit < 0xD800 || unit > 0xDFFF) return unit;
  if (unit > 0xDBFF || !text.starts_with("\\u")) return std::nullopt;
  const auto low = hex_value(text.substr(2, 4));
  if (low < 0xDC00 || low > 0xDFFF) return std::nullopt;
  text.remove_prefix(6);
  return 0x10000 + ((unit - 0xD800) << 10U) + (low - 0xDC00);
}

char unescaped(char c) noexcept {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;
  }
}

}  // namespace

json_value::kind json_value::kind_of(char first) noexcept {
  switch (first) {
    case '{':
      return kind::object;
    case '[':
      return kind::array;
    case '"':
      return kind::string;
    case 't':
    case 'f':
      return kind::boolean;
    case 'n':
      return kind::null;
    default:
      return kind::number;
  }
}

json_elements::json_elements(const json_value& array) noexcept : rest_(array.raw.substr(1, array.raw.size() - 2)) {}

json_value json_elements::next() noexcept {
  skip_space(rest_);
  if (rest_.starts_with(',')) {
    rest_.remove_prefix(1);
    skip_space(rest_);
  }
  if (rest_.empty()) return {};
  const auto raw = take_value(rest_);
  return {json_value::kind_of(raw.front()), raw};
}

bool append_string_text(std::string_view raw, std::string& into) {
  auto text = raw.substr(1, raw.size() - 2);
  while (true) {
    const auto escape = text.find('\\');
    into.append(text.substr(0, escape));
    if (escape == std::string_view::npos) return true;
    const char what = text[escape + 1];
    text.remove_prefix(escape + 2);
    if (what != 'u') {
      into.push_back(unescaped(what));
      continue;
    }
    const auto point = take_code_point(text);
    if (!point) return false;
    append_utf8(*point, into);
  }
}

}  // namespace kfs
