#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "processors/batch.hpp"
#include "processors/http/options.hpp"
#include "processors/json_reader.hpp"
#include "processors/json_text.hpp"

namespace kfs {

/// The name of a request's content, the same however often it is sent: "topic/partition/offset" for one record,
/// "topic/partition/first-last/hash" for several, with a hash of all their offsets.
std::string idempotency_key(const std::string& topic, const std::vector<record>& records,
                            std::span<const std::uint32_t> indices);

/// A request that is ready to be sent. Its memory is reused for the next one.
struct prepared_request {
  std::string_view body;  ///< a view of `text`, or of the record's value
  std::vector<std::string> headers;
  std::size_t unsigned_headers = 0;  ///< how many of `headers` come before those of the signature
  std::string text;
};

/// Writes the bodies and headers of requests.
///
/// In an array or line, a value that is no JSON is written as a JSON string, or as `{"base64":"…"}` when it is no
/// UTF-8; a tombstone is null. In a CloudEvent such a value is `data_base64`, and a tombstone has no data. A tombstone
/// that is sent alone is an empty body with the header `Kafka-Tombstone: true`.
///
/// Ownership: one sink. Threading: none.
class request_writer {
 public:
  explicit request_writer(const http_sink_options& options) : options_(options) {}

  /// Writes the request of one or more records of one partition of the batch. `now` is in seconds since the
  /// epoch.
  void prepare(const batch& from, std::span<const std::uint32_t> indices, std::int64_t now, prepared_request& into);

 private:
  void write_body(const batch& from, std::span<const std::uint32_t> indices, std::string_view trace,
                  prepared_request& into);
  bool is_json(const record& source);
  void append_value(const record& source, std::string& into);
  void append_event(const batch& from, const record& source, std::string_view trace, std::string& into);
  void add_event_headers(const batch& from, const record& source, std::vector<std::string>& into);
  /// The well-formed header `traceparent` of the record; empty when it has none.
  std::string_view traceparent_of(const batch& from, const record& source);

  const http_sink_options& options_;
  json_reader reader_;
  std::vector<record_header> record_headers_;
  std::string event_source_;  ///< CloudEvents attribute `source` of the batch
};

}  // namespace kfs
