#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace kfs {

/// Appends padded base64 (RFC 4648).
void append_base64(std::string_view bytes, std::string& into);

/// How text with a NUL is written: the NUL as `\u0000`, or, for readers that reject that, the whole text as base64.
enum class nul_in_text : std::uint8_t { escaped, base64 };

/// Appends valid UTF-8 as a JSON string, other bytes as `{"base64":"…"}`.
void append_json_bytes(std::string_view bytes, std::string& into, nul_in_text nul = nul_in_text::escaped);

void append_number(std::int64_t number, std::string& into);

[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

/// Tells whether bytes are a JSON value.
///
/// Ownership: one writer; memory is reused from value to value. Threading: none.
class json_checker {
 public:
  json_checker();
  ~json_checker();
  json_checker(const json_checker&) = delete;
  json_checker& operator=(const json_checker&) = delete;

  [[nodiscard]] bool is_json(std::string_view bytes);

  /// Appends a JSON value without line ends; a value of several lines is minified.
  static void append_on_one_line(std::string_view valid, std::string& into);

 private:
  struct parser;
  std::unique_ptr<parser> parser_;
};

}  // namespace kfs
