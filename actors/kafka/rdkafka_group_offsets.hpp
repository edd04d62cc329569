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

/// The metadata of every commit of this server begins with this mark. An offset without it was committed by another
/// program.
inline constexpr std::string_view commit_mark = "kafka-fetcher-server:1";

/// The commit metadata of one member: the mark, the consumer's id, the number of the instance unless it is the first,
/// and the first eight characters of each processor's id. It has no spaces.
std::string mark_of(const consumer_spec& spec, int instance);

/// The metadata of one commit: the member's mark, and the identity of the log unless it is empty.
std::string commit_metadata(const std::string& mark, const std::string& log);

/// What a group has committed, as `metadata` tells it to the member with this mark.
group_position read_commit(offset committed, std::string_view metadata, std::string_view mark);

/// The partitions in an answer to rd_kafka_ListConsumerGroupOffsets for one group; null when the group does not exist.
/// The list lives as long as the answer. Each partition may have an error of its own.
tl::expected<const rd_kafka_topic_partition_list_t*, client_fault> committed_in(rd_kafka_event_t* answer);

/// Asks for the committed offsets of a consumer's group and its topic's id, on the consumer's own client.
///
/// Never blocks, and its destructor does not wait for an answer: the blocking calls (rd_kafka_committed, and waiting
/// for the topic's id) run in a thread of `blocking_calls`. The folder's README says why it is not the asynchronous
/// call of the admin API.
///
/// Ownership: belongs to one consumer.
/// Threading: none.
class rdkafka_group_offsets {
 public:
  static constexpr std::chrono::milliseconds answer_bound{3'000};

  /// `mark` is mark_of() this member. `ring` is called, from any thread, for each answer. It must not block.
  rdkafka_group_offsets(blocking_calls& calls, const std::shared_ptr<rdkafka_handle>& handle, std::string group,
                        std::string brokers, std::string mark, std::function<void()> ring);
  ~rdkafka_group_offsets() { silence(); }
  rdkafka_group_offsets(const rdkafka_group_offsets&) = delete;
  rdkafka_group_offsets& operator=(const rdkafka_group_offsets&) = delete;

  /// Sends the question. take() returns the answer within seconds.
  void ask(std::uint64_t round, const std::vector<partition_number>& partitions);

  /// Appends the answers that have arrived.
  void take(std::vector<kafka_event>& into);

  /// The source of the consumer's records; null before the first answer.
  [[nodiscard]] const record_source_ptr& source() const noexcept { return source_; }

  /// `ring` is not called any more once this function has returned.
  void silence() { answers_->silence(); }

 private:
  blocking_calls& calls_;
  const std::weak_ptr<rdkafka_handle> handle_;  ///< weak, so that a waiting question does not keep the client alive
  const std::string group_;
  const std::string brokers_;
  const std::string mark_;
  const std::shared_ptr<answer_box> answers_;
  record_source_ptr source_;
};

}  // namespace kfs
