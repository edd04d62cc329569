#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace kfs {

/// Tells whether bytes are JSON, and finds what a pointer names in them.
///
/// Ownership: of one writer, as memory is kept from value to value. Threading: none.
class json_reader {
 public:
  enum class verdict : std::uint8_t {
    no_json,
    valid,  ///< but nothing that jsonb takes: it holds \u0000, a number beyond numeric's range, or 500 levels
    jsonb,  ///< PostgreSQL takes it
  };
  enum class kind : std::uint8_t { missing, null, string, number, boolean, object, array };

  struct found {
    kind of = kind::missing;
    std::string_view raw;  ///< as it is written in the JSON, a string with its quotes
    std::string text;      ///< of a string: what it means; of anything else: empty
  };

  json_reader();
  ~json_reader();
  json_reader(const json_reader&) = delete;
  json_reader& operator=(const json_reader&) = delete;

  /// Reads all of `bytes` (strict RFC 8259, UTF-8; surrogates have to come in pairs) and keeps a copy for find().
  verdict read(std::string_view bytes);

  /// What the pointer (RFC 6901) names in what was read last and is JSON. Of names that repeat the first counts.
  /// Valid until the next call.
  const found& find(std::string_view pointer);

  /// What was read last, as a literal of a PostgreSQL array where the pointer names an array: `{"a",1,NULL}`.
  /// Objects in it are their JSON. Valid until the next call.
  const std::string& array_literal(std::string_view pointer);

 private:
  struct parser;
  std::unique_ptr<parser> parser_;
  std::string bytes_;  ///< of the last read(), followed by padding
  found found_;
  std::string literal_;
};

}  // namespace kfs
