#pragma once

#include <cstdint>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

namespace kfs {

/// A view into `text` without the blanks, tabs and line ends at both of its ends.
std::string_view trimmed(std::string_view text) noexcept;

/// ASCII letters in lower case, other bytes as they are.
std::string lower_case(std::string_view text);

/// The elements of a comma-separated list, each trimmed. Empty elements are kept; "" has one empty element.
std::vector<std::string> split_list(std::string_view text);

/// True when `text` holds an ASCII control character (also a tab, a line end, DEL).
bool has_control_character(std::string_view text) noexcept;

/// Whether a text is well-formed UTF-8 (RFC 3629).
bool is_well_formed_utf8(std::string_view text) noexcept;

/// True for `[A-Za-z_][A-Za-z0-9_]*`, the name of an environment variable.
bool is_variable_name(std::string_view text) noexcept;

/// The name in `names` that `text` most likely means: equal but for case, or a few typing mistakes away; nullopt when
/// no name is close enough.
std::optional<std::string> closest_name(std::string_view text, const std::vector<std::string>& names);

/// `text` cut to at most `limit` bytes, at a boundary of UTF-8 characters, with "…" where something was cut.
std::string shortened(std::string_view text, std::size_t limit);

/// "1, 2, 3 and 4 more": the first `most` elements, each as `to_text` writes it.
template <std::ranges::sized_range Range, class ToText>
std::string listed(const Range& all, std::size_t most, ToText to_text) {
  std::string text;
  std::size_t named = 0;
  for (const auto& element : all) {
    if (named++ == most) return text + " and " + std::to_string(std::ranges::size(all) - most) + " more";
    if (!text.empty()) text += ", ";
    text += to_text(element);
  }
  return text;
}

/// Where escaped text will stand.
enum class escaping : std::uint8_t {
  plain,        ///< in a line of text; only what could break or forge a line is escaped
  quoted,       ///< between double quotes in a line of text; `"` and `\` are escaped too
  json_string,  ///< between the quotes of a JSON string
};

/// `text` as one line of valid UTF-8. Control characters, line separators and characters that change the direction of
/// writing become `\n`, `\u001b`, …; bytes that are not UTF-8 become `\xff`. A text of more than `max_bytes` is cut
/// between two characters and ends in "...(N bytes cut)".
std::string escaped(std::string_view text, escaping how, std::size_t max_bytes);

/// A message of a library as one line: trimmed, with blanks in place of line ends and tabs, then escaped as plain text.
std::string on_one_line(std::string_view message, std::size_t max_bytes = 1'024);

}  // namespace kfs
