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

/// Asks, on a consumer's own client, where the logs of partitions end now. librdkafka 2.0 has no asynchronous form of
/// that question, so it is made in a thread that may block.
///
/// Never blocks, nor does its end wait for an answer. Threading: none.
class rdkafka_log_ends {
 public:
  static constexpr std::chrono::milliseconds answer_bound{3'000};

  /// `ring` is called from any thread when there is an answer; it must not block.
  rdkafka_log_ends(blocking_calls& calls, const std::shared_ptr<rdkafka_handle>& handle, std::string brokers,
                   std::function<void()> ring);
  ~rdkafka_log_ends() { silence(); }
  rdkafka_log_ends(const rdkafka_log_ends&) = delete;
  rdkafka_log_ends& operator=(const rdkafka_log_ends&) = delete;

  /// The answer comes from take(). Nothing is asked while an answer is owed, nor about no partition.
  void ask(const std::vector<partition_number>& partitions);

  /// Appends the answer that has come.
  void take(std::vector<kafka_event>& into);

  /// No more calls of `ring`, from when it returns.
  void silence();

 private:
  blocking_calls& calls_;
  const std::weak_ptr<rdkafka_handle> handle_;  ///< so that a question that still waits keeps no client
  const std::string brokers_;
  const std::shared_ptr<answer_box> answer_;
  bool asking_ = false;
};

}  // namespace kfs
