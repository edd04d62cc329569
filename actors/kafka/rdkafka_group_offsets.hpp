#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actors/kafka/answer_box.hpp"
#include "actors/kafka/blocking_calls.hpp"
#include "actors/kafka/ports.hpp"
#include "actors/kafka/rdkafka_errors.hpp"
#include "actors/kafka/rdkafka_handle.hpp"
#include "actors/kafka/rdkafka_owned.hpp"
#include "config/consumers/spec.hpp"

namespace kfs {

/// The beginning of the metadata of every commit of this server. An offset that was committed without it was set by
/// somebody else.
inline constexpr std::string_view commit_mark = "kafka-fetcher-server:1";

/// The metadata of the commits of one member with its sinks: the mark, the consumer's id (and the number of the
/// instance, beside the first), its processors' by their first digits.
std::string mark_of(const consumer_spec& spec, int instance);

/// What an answer to rd_kafka_ListConsumerGroupOffsets about one group holds; null: there is no such group. Lives as
/// long as the answer. Partitions may have errors of their own.
tl::expected<const rd_kafka_topic_partition_list_t*, client_fault> committed_in(rd_kafka_event_t* answer);

/// Asks, on a consumer's own client, what its group has committed.
///
/// By the call that consumers are made for (rd_kafka_committed), in a thread that may block. The asynchronous one of
/// the admin API (ListConsumerGroupOffsets) can end the process when its time-out crosses the search for the
/// coordinator: librdkafka #3663, #4605.
///
/// Never blocks, nor does its end wait for an answer. Threading: none.
class rdkafka_group_offsets {
 public:
  static constexpr std::chrono::milliseconds answer_bound{3'000};

  /// `mark` is that of this member. `ring` is called from any thread when there is an answer; it must not block.
  rdkafka_group_offsets(blocking_calls& calls, const std::shared_ptr<rdkafka_handle>& handle, std::string group,
                        std::string brokers, std::string mark, std::function<void()> ring);
  ~rdkafka_group_offsets() { silence(); }
  rdkafka_group_offsets(const rdkafka_group_offsets&) = delete;
  rdkafka_group_offsets& operator=(const rdkafka_group_offsets&) = delete;

  /// The answer comes from take(), within seconds.
  void ask(std::uint64_t round, const std::vector<partition_number>& partitions);

  /// Appends the answers that have come.
  void take(std::vector<kafka_event>& into);

  /// Where the records come from; null before the first answer.
  [[nodiscard]] const record_source_ptr& source() const noexcept { return source_; }

  /// No more calls of `ring`, from when it returns.
  void silence() { answers_->silence(); }

 private:
  blocking_calls& calls_;
  const std::weak_ptr<rdkafka_handle> handle_;  ///< so that a question that still waits keeps no client
  const std::string group_;
  const std::string brokers_;
  const std::string mark_;
  const std::shared_ptr<answer_box> answers_;
  record_source_ptr source_;
};

}  // namespace kfs
