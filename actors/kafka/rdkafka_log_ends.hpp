#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/kafka/answer_box.hpp"
#include "actors/kafka/blocking_calls.hpp"
#include "actors/kafka/ports.hpp"
#include "actors/kafka/rdkafka_handle.hpp"

namespace kfs {

/// Asks for the log-end offsets of partitions, on a consumer's own client.
///
/// Never blocks, and its destructor does not wait for an answer: the question runs in a thread of `blocking_calls`,
/// because librdkafka 2.0 has no asynchronous form of it.
///
/// Ownership: belongs to one consumer.
/// Threading: none.
class rdkafka_log_ends {
 public:
  static constexpr std::chrono::milliseconds answer_bound{3'000};

  /// `ring` is called, from any thread, for each answer. It must not block.
  rdkafka_log_ends(blocking_calls& calls, const std::shared_ptr<rdkafka_handle>& handle, std::string brokers,
                   std::function<void()> ring);
  ~rdkafka_log_ends() { silence(); }
  rdkafka_log_ends(const rdkafka_log_ends&) = delete;
  rdkafka_log_ends& operator=(const rdkafka_log_ends&) = delete;

  /// Sends the question; take() returns the answer. Does nothing when `partitions` is empty or the answer to an earlier
  /// question has not been taken.
  void ask(const std::vector<partition_number>& partitions);

  /// Appends the answer if it has arrived.
  void take(std::vector<kafka_event>& into);

  /// `ring` is not called any more once this function has returned.
  void silence();

 private:
  blocking_calls& calls_;
  const std::weak_ptr<rdkafka_handle> handle_;  ///< weak, so that a waiting question does not keep the client alive
  const std::string brokers_;
  const std::shared_ptr<answer_box> answer_;
  bool asking_ = false;
};

}  // namespace kfs
