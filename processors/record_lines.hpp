#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "processors/batch.hpp"
#include "processors/json_text.hpp"

namespace kfs {

/// What one line of a file says of a record.
enum class line_format : std::uint8_t {
  value,        ///< the bytes of the value as they are; a tombstone is an empty line
  json_object,  ///< one JSON object: topic, partition, offset, timestamp, key, headers, value
};

/// Appends headers as JSON, as they are in a line: `[{"key":…,"value":…},…]`.
void append_headers(const std::vector<record_header>& headers, nul_in_text nul, std::string& into);

/// Turns records into lines.
///
/// A line of JSON is `{"topic":…,"partition":N,"offset":N,"timestamp":N,"key":…,"headers":[{"key":…,"value":…},…],
/// "value":…}`, the timestamp in milliseconds since the epoch. What a record does not have is null. Bytes that are
/// valid UTF-8 are a string, others are `{"base64":"…"}` (RFC 4648, padded), so every record can be had back from its
/// line; the line end is the only one in the line.
///
/// Ownership: of one writer, as memory is kept from line to line.
/// Threading: none.
class record_lines {
 public:
  explicit record_lines(line_format format) noexcept : format_(format) {}

  [[nodiscard]] line_format format() const noexcept { return format_; }

  /// Appends the line of `one`, which is of the batch `from`, with its line end. Bytes grow sixfold at most in JSON.
  void append(const batch& from, const record& one, std::string& into) {
    if (format_ == line_format::json_object) return append_json(from, one, into);
    into.append(one.value);
    into.push_back('\n');
  }

 private:
  void append_json(const batch& from, const record& one, std::string& into);

  line_format format_;
  std::vector<record_header> headers_;
};

}  // namespace kfs
