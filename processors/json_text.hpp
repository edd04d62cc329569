#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kfs {

/// Which bytes are written as a JSON string; the others as base64.
enum class text_in_json : std::uint8_t {
  any,          ///< UTF-8
  without_nul,  ///< UTF-8 without NUL, as jsonb needs it
  ascii,        ///< without NUL, as a database needs it whose encoding is not UTF-8
};

/// Appends bytes as a JSON string, or as `{"base64":"…"}` when the rule does not take them as text.
void append_json_bytes(std::string_view bytes, std::string& into, text_in_json rule = text_in_json::any);

void append_number(std::int64_t number, std::string& into);

[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

/// JSON may begin with a mark, which is no part of it.
[[nodiscard]] std::string_view without_byte_order_mark(std::string_view bytes) noexcept;

/// Appends a JSON value without line ends; a value of several lines is minified.
void append_on_one_line(std::string_view valid, std::string& into);

}  // namespace kfs
