#pragma once

#include <librdkafka/rdkafka.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/kafka/events.hpp"
#include "actors/kafka/rdkafka_handle.hpp"

namespace kfs {

/// Turns the errors of a consumer's client into kafka_fault events, and remembers whether one of them prevents the
/// client from joining its group.
///
/// Ownership: belongs to one consumer, which owns `handle` and `events` longer.
/// Threading: none.
class rdkafka_fault_reporter {
 public:
  rdkafka_fault_reporter(const rdkafka_handle& handle, std::string brokers, std::vector<kafka_event>& events)
      : handle_(handle), brokers_(std::move(brokers)), events_(events) {}

  /// Reports an error in reading the topic. An empty `reason` stands for librdkafka's text for the code. `partition` is
  /// nullopt when the error concerns the whole client.
  void report(rd_kafka_resp_err_t code, std::string_view reason,
              std::optional<partition_number> partition = std::nullopt);

  /// Reports an error that librdkafka's error callback received.
  void on_error(rd_kafka_resp_err_t code, std::string_view reason);

  /// True after a fatal error, and after an error that says that the topic or the rights are missing or that the
  /// credentials are wrong.
  [[nodiscard]] bool cannot_join() const noexcept { return cannot_join_; }

 private:
  const rdkafka_handle& handle_;
  const std::string brokers_;
  std::vector<kafka_event>& events_;
  bool cannot_join_ = false;
};

}  // namespace kfs
