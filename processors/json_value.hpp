#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kfs {

/// A value of a JSON text that json_reader has found valid, as a view into that text.
struct json_value {
  enum class kind : std::uint8_t { missing, null, string, number, boolean, object, array };

  kind of = kind::missing;
  std::string_view raw;  ///< as written; a string with its quotes

  /// The kind of the value that begins with this character.
  static kind kind_of(char first) noexcept;
};

/// Goes through the elements of an array.
///
/// Ownership: views the array's text. Threading: none.
class json_elements {
 public:
  /// `array` is of kind array.
  explicit json_elements(const json_value& array) noexcept;

  /// The next element; one of kind missing after the last.
  json_value next() noexcept;

 private:
  std::string_view rest_;
};

/// Appends the text of a JSON string, without quotes and escapes. False when it holds a lone surrogate (RFC 8259,
/// section 8.2), which no UTF-8 text can; `into` then ends in a part of the text.
[[nodiscard]] bool append_string_text(std::string_view raw, std::string& into);

}  // namespace kfs
