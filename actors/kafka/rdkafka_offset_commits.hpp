#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "actors/kafka/events.hpp"
#include "actors/kafka/rdkafka_handle.hpp"

namespace kfs {

/// Commits a consumer's offsets, each with this member's mark and the identity of its log as its metadata, and reports
/// the results as commit_finished.
///
/// Ownership: belongs to one consumer, which owns `handle` and `events` longer.
/// Threading: none.
class rdkafka_offset_commits {
 public:
  /// `mark` is mark_of() this member.
  rdkafka_offset_commits(const rdkafka_handle& handle, std::string brokers, std::string mark,
                         std::vector<kafka_event>& events)
      : handle_(handle), brokers_(std::move(brokers)), mark_(std::move(mark)), events_(events) {}

  /// Commits of this partition carry this identity of its log from now on.
  void name_log(partition_number partition, const std::string& log) { logs_[partition] = log; }

  /// Begins to commit; never blocks.
  void commit(const std::vector<partition_offset>& offsets);

  /// Handles librdkafka's commit callback.
  void on_commit(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t* offsets);

 private:
  using clock = std::chrono::steady_clock;
  struct begun_commit {
    std::vector<partition_offset> offsets;  ///< sorted
    clock::time_point at;
  };
  /// So many are measured at the same time; the others are only answered.
  static constexpr std::size_t most_begun = 64;

  /// How long the commit of these offsets took; 0 when that was not measured.
  clock::duration ended(const std::vector<partition_offset>& offsets);

  const rdkafka_handle& handle_;
  const std::string brokers_;
  const std::string mark_;
  std::map<partition_number, std::string> logs_;
  std::list<begun_commit> begun_;  ///< oldest first, until they have ended
  std::vector<kafka_event>& events_;
};

}  // namespace kfs
