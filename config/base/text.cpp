#include "config/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <numeric>

namespace kfs {
namespace {

constexpr std::string_view blanks = " \t\r\n";

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool continues_character(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// The first character of a text. A byte that is not UTF-8 counts as an invalid character of one byte.
struct character {
  char32_t code = 0;
  std::size_t size = 1;
  bool valid = false;
};

std::size_t sequence_size(unsigned char lead) noexcept {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

bool encodes_scalar_value(char32_t code, std::size_t size) noexcept {
  if (size == 3) return code >= 0x800 && (code < 0xD800 || code > 0xDFFF);
  if (size == 4) return code >= 0x10000 && code <= 0x10FFFF;
  return true;
}

character first_character(std::string_view text) noexcept {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t size = sequence_size(lead);
  if (size == 0 || size > text.size()) return {lead, 1, false};
  if (size == 1) return {lead, 1, true};
  char32_t code = lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0U) != 0x80U) return {lead, 1, false};
    code = (code << 6U) | (next & 0x3FU);
  }
  if (!encodes_scalar_value(code, size)) return {lead, 1, false};
  return {code, size, true};
}

/// True for control characters, line and paragraph separators, and marks that reorder what a terminal shows.
bool disturbs_a_line(char32_t code) noexcept {
  return code < 0x20 || (code >= 0x7F && code <= 0x9F) || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069);
}

void append_escape(std::string& out, char32_t code) {
  switch (code) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<std::uint32_t>(code));
  }
}

void append_character(std::string& out, std::string_view bytes, const character& c, escaping how) {
  if (!c.valid) {
    const std::string_view backslash = how == escaping::json_string ? R"(\\)" : R"(\)";
    fmt::format_to(std::back_inserter(out), "{}x{:02x}", backslash, static_cast<std::uint32_t>(c.code));
  } else if (disturbs_a_line(c.code)) {
    append_escape(out, c.code);
  } else {
    if (how != escaping::plain && (c.code == '"' || c.code == '\\')) out += '\\';
    out += bytes;
  }
}

constexpr std::size_t longest_compared = 100;  ///< in bytes; what follows in a longer name is not compared

/// The number of insertions, deletions and replacements that turn `a` into (the compared part of) `b`.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  b = b.substr(0, longest_compared);
  std::array<std::size_t, longest_compared + 1> row{};
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string lower_case(std::string_view text) {
  std::string lowered(text);
  std::transform(lowered.begin(), lowered.end(), lowered.begin(), lower);
  return lowered;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> elements;
  for (auto comma = text.find(','); comma != std::string_view::npos; comma = text.find(',')) {
    elements.emplace_back(trimmed(text.substr(0, comma)));
    text.remove_prefix(comma + 1);
  }
  elements.emplace_back(trimmed(text));
  return elements;
}

bool has_control_character(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

bool is_well_formed_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto next = first_character(text);
    if (!next.valid) return false;
    text.remove_prefix(next.size);
  }
  return true;
}

bool is_variable_name(std::string_view text) noexcept {
  const auto letter = [](char c) { return c == '_' || (lower(c) >= 'a' && lower(c) <= 'z'); };
  return !text.empty() && letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

std::optional<std::string> closest_name(std::string_view text, const std::vector<std::string>& names) {
  if (text.size() > longest_compared) return std::nullopt;
  std::optional<std::string> closest;
  std::size_t fewest = text.size() / 4 + 2;  // a longer name may hold more typing mistakes
  for (const std::string& name : names) {
    const std::size_t distance = edit_distance(lower_case(text), lower_case(name));
    if (distance < fewest) {
      fewest = distance;
      closest = name;
    }
  }
  return closest;
}

std::string escaped(std::string_view text, escaping how, std::size_t max_bytes) {
  std::string out;
  out.reserve(std::min(text.size(), max_bytes));
  std::size_t at = 0;
  while (at < text.size()) {
    const character c = first_character(text.substr(at));
    if (at + c.size > max_bytes) {
      fmt::format_to(std::back_inserter(out), "...({} bytes cut)", text.size() - at);
      break;
    }
    append_character(out, text.substr(at, c.size), c, how);
    at += c.size;
  }
  return out;
}

std::string on_one_line(std::string_view message, std::size_t max_bytes) {
  std::string line(trimmed(message));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return escaped(line, escaping::plain, max_bytes);
}

std::string shortened(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return std::string(text);
  while (limit > 0 && continues_character(text[limit])) --limit;
  return std::string(text.substr(0, limit)) + "…";
}

}  // namespace kfs
