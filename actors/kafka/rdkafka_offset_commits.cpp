#include "actors/kafka/rdkafka_offset_commits.hpp"

#include <algorithm>
#include <cstring>

#include "actors/kafka/rdkafka_errors.hpp"
#include "actors/kafka/rdkafka_group_offsets.hpp"
#include "actors/kafka/rdkafka_owned.hpp"

namespace kfs {

namespace {

/// librdkafka answers a commit with its offsets in an order of its own.
std::vector<partition_offset> sorted(std::vector<partition_offset> offsets) {
  std::ranges::sort(offsets, {}, &partition_offset::partition);
  return offsets;
}

}  // namespace

void rdkafka_offset_commits::commit(const std::vector<partition_offset>& offsets) {
  const partitions_ptr list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
  for (const auto& [partition, position] : offsets) {
    auto& entry = *rd_kafka_topic_partition_list_add(list.get(), handle_.topic.c_str(), partition);
    entry.offset = position.value;
    const auto metadata = commit_metadata(mark_, logs_[partition]);
    entry.metadata = ::strndup(metadata.data(), metadata.size());  // freed with the list
    entry.metadata_size = metadata.size();
  }
  if (begun_.size() == most_begun) begun_.pop_front();
  begun_.push_back({sorted(offsets), clock::now()});
  const auto code = rd_kafka_commit(handle_.client, list.get(), 1);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) on_commit(code, list.get());
}

void rdkafka_offset_commits::on_commit(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t* offsets) {
  commit_finished finished;
  for (int i = 0; i < offsets->cnt; ++i) {
    const auto& entry = offsets->elems[i];
    finished.offsets.push_back({entry.partition, offset{entry.offset}});
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) code = entry.err;
  }
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    finished.failed = to_error(code, {}, {.action = "commit offsets", .brokers = brokers_});
  finished.took = ended(finished.offsets);
  events_.emplace_back(std::move(finished));
}

/// Of equal commits the oldest ends first.
rdkafka_offset_commits::clock::duration rdkafka_offset_commits::ended(const std::vector<partition_offset>& offsets) {
  const auto found = std::ranges::find(begun_, sorted(offsets), &begun_commit::offsets);
  if (found == begun_.end()) return {};
  const auto took = clock::now() - found->at;
  begun_.erase(found);
  return took;
}

}  // namespace kfs
