#pragma once

#include <librdkafka/rdkafka.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "actors/kafka/ports.hpp"
#include "actors/kafka/rdkafka_errors.hpp"
#include "actors/kafka/rdkafka_owned.hpp"
#include "config/consumer_spec.hpp"

namespace kfs {

/// The beginning of the metadata of every commit of this server. An offset that was committed without it was set by
/// somebody else.
inline constexpr std::string_view commit_mark = "kafka-fetcher-server:1";

/// The metadata of the commits of one member with its sinks: the mark, the consumer's id (and the
/// number of the instance, beside the first), its processors' by their
/// first digits.
std::string mark_of(const consumer_spec& spec, int instance);

/// What an answer to rd_kafka_ListConsumerGroupOffsets about one group holds; null: there is no such group. Lives as
/// long as the answer. Partitions may have errors of their own.
tl::expected<const rd_kafka_topic_partition_list_t*, client_fault> committed_in(rd_kafka_event_t* answer);

/// Asks, on a consumer's own client, what its group has committed.
///
/// Never blocks. Threading: none. Destroyed before the client.
class rdkafka_group_offsets {
 public:
  /// `ring(client, opaque)` is called from the client's threads when there is an answer.
  /// `mark` is that of this member.
  rdkafka_group_offsets(rd_kafka_t* client, std::string topic, std::string group, std::string brokers, std::string mark,
                        void (*ring)(rd_kafka_t*, void*), void* opaque);

  /// The answer comes from take(), within seconds.
  void ask(std::uint64_t round, const std::vector<partition_number>& partitions);

  /// Appends the answers that have come.
  void take(std::vector<kafka_event>& into);

  /// Where the records come from; null before the first answer.
  [[nodiscard]] const record_source_ptr& source() const noexcept { return source_; }

  /// No more calls of `ring`.
  void silence();

 private:
  [[nodiscard]] partitions_located read(rd_kafka_event_t* answer);
  const record_source_ptr& learn_source();
  [[nodiscard]] error failure_of(const client_fault& what) const;

  rd_kafka_t* client_;
  const std::string topic_;
  const std::string group_;
  const std::string brokers_;
  const std::string mark_;
  queue_ptr queue_;
  record_source_ptr source_;
  std::map<std::uint64_t, std::vector<partition_number>> asked_;  ///< by round
};

}  // namespace kfs
