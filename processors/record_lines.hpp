#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "processors/batch.hpp"
#include "processors/json_text.hpp"

namespace kfs {

/// What one line of a file holds of a record.
enum class line_format : std::uint8_t {
  value,        ///< the bytes of the value, unchanged; a tombstone is an empty line
  json_object,  ///< one JSON object: topic, partition, offset, timestamp, key, headers, value
};

/// Appends headers as a JSON array: `[{"key":…,"value":…},…]`.
void append_headers(const std::vector<record_header>& headers, text_in_json rule, std::string& into);

/// Turns records into lines.
///
/// A line of JSON is `{"topic":…,"partition":N,"offset":N,"timestamp":N,"key":…,"headers":[{"key":…,"value":…},…],
/// "value":…}`, with the timestamp in milliseconds since the epoch. What a record does not have is null. Valid UTF-8 is
/// written as a string, other bytes as `{"base64":"…"}` (RFC 4648, padded), so that a record can be restored from its
/// line. The only line end is the last character.
///
/// Ownership: one writer; memory is reused from line to line.
/// Threading: none.
class record_lines {
 public:
  explicit record_lines(line_format format) noexcept : format_(format) {}

  [[nodiscard]] line_format format() const noexcept { return format_; }

  /// Appends the line of `one`, a record of `from`, with its line end. In JSON bytes grow sixfold at most.
  void append(const batch& from, const record& item, std::string& into) {
    if (format_ == line_format::json_object) return append_json(from, item, into);
    into.append(item.value);
    into.push_back('\n');
  }

 private:
  void append_json(const batch& from, const record& item, std::string& into);

  line_format format_;
  std::vector<record_header> headers_;
};

}  // namespace kfs
