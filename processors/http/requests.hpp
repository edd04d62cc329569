#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "processors/batch.hpp"
#include "processors/http/options.hpp"
#include "processors/json_text.hpp"

namespace kfs {

/// Names what a request holds, whenever and however often it is sent: "topic/partition/offset" of one record,
/// "topic/partition/first-last/hash" of several, where the hash is of all their offsets.
std::string idempotency_key(const std::string& topic, const std::vector<record>& records,
                            std::span<const std::uint32_t> indices);

/// A request as it is sent, in memory that is kept for the next one.
struct prepared_request {
  std::string_view body;  ///< of `text`, or of the record
  std::vector<std::string> headers;
  std::string text;
};

/// Writes requests.
///
/// A value that is no JSON stands in an array, in a line or in a CloudEvent as a JSON string, or where it is no UTF-8
/// as `{"base64":"…"}` (in a CloudEvent: `data_base64`); a tombstone is null there (a CloudEvent without data), and
/// alone an empty body with the header `Kafka-Tombstone: true`.
///
/// Ownership: of one sink. Threading: none.
class forwarder_requests {
 public:
  explicit forwarder_requests(const forwarder_options& options) : options_(options) {}

  /// Writes the request of these records, one at least, of one partition of the batch. `now` in seconds since the
  /// epoch.
  void prepare(const batch& from, std::span<const std::uint32_t> indices, std::int64_t now, prepared_request& into);

 private:
  void write_body(const batch& from, std::span<const std::uint32_t> indices, std::string_view trace,
                  prepared_request& into);
  void append_value(const record& one, std::string& into);
  void append_event(const batch& from, const record& one, std::string_view trace, std::string& into);
  void add_event_headers(const batch& from, const record& one, std::vector<std::string>& into);
  /// Of the record; empty where there is none that is well-formed.
  std::string_view traceparent_of(const batch& from, const record& one);

  const forwarder_options& options_;
  json_checker checker_;
  std::vector<record_header> record_headers_;
  std::string event_source_;  ///< of the batch, for events
};

}  // namespace kfs
