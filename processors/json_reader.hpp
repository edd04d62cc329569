#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace kfs {

/// Tells whether bytes are JSON, and finds the value that a JSON pointer names.
///
/// Ownership: one writer; memory is reused from value to value. Threading: none.
class json_reader {
 public:
  enum class verdict : std::uint8_t {
    no_json,
    valid,  ///< JSON that jsonb does not accept: with \u0000, a number out of range for numeric, or 500 levels
    jsonb,  ///< JSON that jsonb accepts
  };
  enum class kind : std::uint8_t { missing, null, string, number, boolean, object, array };

  struct found {
    kind of = kind::missing;
    std::string_view raw;  ///< as written in the JSON; a string with its quotes
    std::string text;      ///< the unescaped text of a string; empty for other kinds
  };

  json_reader();
  ~json_reader();
  json_reader(const json_reader&) = delete;
  json_reader& operator=(const json_reader&) = delete;

  /// Reads all of `bytes` (strict RFC 8259 in UTF-8, surrogates in pairs) and keeps a copy for find().
  verdict read(std::string_view bytes);

  /// The value that the pointer (RFC 6901) names in the JSON that was read last. The first of repeated names counts.
  /// Valid until the next call.
  const found& find(std::string_view pointer);

  /// The array that the pointer names in the JSON that was read last, as a literal of PostgreSQL: `{"a",1,NULL}`.
  /// Objects in it are written as JSON. Valid until the next call.
  const std::string& array_literal(std::string_view pointer);

 private:
  struct parser;
  std::unique_ptr<parser> parser_;
  std::string bytes_;  ///< of the last read(), followed by padding
  found found_;
  std::string literal_;
};

}  // namespace kfs
