#pragma once

#include <cstdint>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

namespace kfs {

/// `text` without blanks, tabs and line ends at both ends. A view into `text`.
std::string_view trimmed(std::string_view text) noexcept;

/// ASCII letters in lower case, other bytes as they are.
std::string lower_case(std::string_view text);

/// The elements of a comma-separated list, each trimmed. An empty element stays, as an empty string; "" has one.
std::vector<std::string> split_list(std::string_view text);

/// True when `text` holds an ASCII control character (also a tab, a line end, DEL).
bool has_control_character(std::string_view text) noexcept;

/// True for `[A-Za-z_][A-Za-z0-9_]*`, what an environment variable is called.
bool is_variable_name(std::string_view text) noexcept;

/// The one of `names` that `text` most likely meant: equal but for case, or a few typing mistakes away. None: no guess.
std::optional<std::string> closest_name(std::string_view text, const std::vector<std::string>& names);

/// `text` cut to at most `limit` bytes, at a boundary of UTF-8 characters, with "…" where something was cut.
std::string shortened(std::string_view text, std::size_t limit);

/// "1, 2, 3 and 4 more": the first `most` of them, each as `to_text` writes it.
template <std::ranges::sized_range Range, class ToText>
std::string listed(const Range& all, std::size_t most, ToText to_text) {
  std::string text;
  std::size_t named = 0;
  for (const auto& one : all) {
    if (named++ == most) return text + " and " + std::to_string(std::ranges::size(all) - most) + " more";
    if (!text.empty()) text += ", ";
    text += to_text(one);
  }
  return text;
}

/// Where escaped text goes.
enum class escaping : std::uint8_t {
  plain,        ///< as it is, but for what could break or forge a line
  quoted,       ///< between double quotes in a line of text: also `"` and `\`
  json_string,  ///< between the quotes of a JSON string
};

/// `text` on one line of valid UTF-8: control characters, line separators and characters that turn the direction of
/// writing become `\n`, `\u001b`, …; bytes that are not UTF-8 become `\xff`. Above `max_bytes` (of `text`) it is cut
/// between two characters, and "...(N bytes cut)" tells so.
std::string escaped(std::string_view text, escaping how, std::size_t max_bytes);

}  // namespace kfs
