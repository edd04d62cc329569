#pragma once

#include <librdkafka/rdkafka.h>

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
  const rdkafka_handle& handle_;
  const std::string brokers_;
  const std::string mark_;
  std::map<partition_number, std::string> logs_;
  std::vector<kafka_event>& events_;
};

}  // namespace kfs
