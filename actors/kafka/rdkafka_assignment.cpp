#include "actors/kafka/rdkafka_assignment.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "actors/kafka/rdkafka_owned.hpp"

namespace kfs {
namespace {

partitions_ptr list_of(const std::string& topic, const std::vector<partition_number>& partitions) {
  partitions_ptr list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const auto partition : partitions) rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
  return list;
}

std::vector<partition_number> partitions_of(const rd_kafka_topic_partition_list_t& list) {
  std::vector<partition_number> partitions;
  for (int i = 0; i < list.cnt; ++i) partitions.push_back(list.elems[i].partition);
  return partitions;
}

/// Those of them for which `is_wanted` holds.
template <class Predicate>
std::vector<partition_number> those(const std::vector<partition_number>& partitions, Predicate&& is_wanted) {
  std::vector<partition_number> found;
  std::ranges::copy_if(partitions, std::back_inserter(found), is_wanted);
  return found;
}

void report_if_failed(rdkafka_fault_reporter& faults, const error_ptr& failed) {
  if (failed) faults.report(rd_kafka_error_code(failed.get()), rd_kafka_error_string(failed.get()));
}

}  // namespace

void rdkafka_assignment::on_rebalance(rd_kafka_resp_err_t kind, rd_kafka_topic_partition_list_t* partitions) {
  reader_.interrupt();
  if (kind == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    received_once_ = true;
    // Confirms the assignment at once with no partitions, so that the group never waits for a sink. accept() adds the
    // partitions to read.
    const error_ptr failed(rd_kafka_incremental_assign(handle_.client, list_of(handle_.topic, {}).get()));
    report_if_failed(faults_, failed);
    events_.emplace_back(partitions_assigned{partitions_of(*partitions)});
  } else if (kind == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
    events_.emplace_back(partitions_revoked{.partitions = partitions_of(*partitions),
                                            .lost = rd_kafka_assignment_lost(handle_.client) != 0});
  } else {
    faults_.report(kind, {});
    rd_kafka_assign(handle_.client, nullptr);
  }
}

void rdkafka_assignment::accept(const std::vector<partition_start>& starts) {
  const partitions_ptr list(rd_kafka_topic_partition_list_new(static_cast<int>(starts.size())));
  for (const auto& from : starts) {
    reader_.begin(from);
    partitions_.push_back(from.partition);
    auto& entry = *rd_kafka_topic_partition_list_add(list.get(), handle_.topic.c_str(), from.partition);
    if (from.start) {
      entry.offset = from.start->value;
    } else if (from.from_beginning) {
      entry.offset = RD_KAFKA_OFFSET_BEGINNING;
    }
  }
  const error_ptr failed(rd_kafka_incremental_assign(handle_.client, list.get()));
  report_if_failed(faults_, failed);
  std::vector<partition_number> accepted;
  for (const auto& entry : starts) accepted.push_back(entry.partition);
  hold(those(accepted, [this](partition_number partition) { return paused_.holds(partition); }));
}

void rdkafka_assignment::release(const std::vector<partition_number>& partitions) {
  reader_.mute(partitions);
  const auto read = those(partitions, [this](partition_number partition) {
    return std::ranges::find(partitions_, partition) != partitions_.end();
  });
  std::erase_if(partitions_,
                [&](partition_number partition) { return std::ranges::find(read, partition) != read.end(); });
  // Only a revoke by the group has to be answered with nothing. Without one, librdkafka 2.8 sometimes never returns
  // from the call when no broker has answered.
  if (read.empty() && !received_once()) return;
  // In librdkafka a partition stays paused beyond its assignment, so it would still be paused when it is assigned
  // again.
  let_go(those(read, [this](partition_number partition) { return paused_.holds(partition); }));
  const error_ptr failed(rd_kafka_incremental_unassign(handle_.client, list_of(handle_.topic, read).get()));
  report_if_failed(faults_, failed);
}

void rdkafka_assignment::pause(const paused_partitions& paused) {
  const auto before = std::exchange(paused_, paused);
  hold(those(partitions_,
             [&](partition_number partition) { return paused.holds(partition) && !before.holds(partition); }));
  let_go(those(partitions_,
               [&](partition_number partition) { return !paused.holds(partition) && before.holds(partition); }));
}

/// A partition that is paused in the client fetches nothing, so it would not be known where it begins. After a restart
/// it would begin somewhere else, and leave out what came meanwhile.
void rdkafka_assignment::hold(const std::vector<partition_number>& partitions) {
  for (const auto partition : partitions) reader_.want_place_only(partition, !reader_.is_placed(partition));
  const auto placed = those(partitions, [this](partition_number partition) { return reader_.is_placed(partition); });
  if (placed.empty()) return;
  const auto code = rd_kafka_pause_partitions(handle_.client, list_of(handle_.topic, placed).get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) faults_.report(code, {});
}

void rdkafka_assignment::let_go(const std::vector<partition_number>& partitions) {
  if (partitions.empty()) return;
  for (const auto partition : partitions) reader_.want_place_only(partition, false);
  const auto code = rd_kafka_resume_partitions(handle_.client, list_of(handle_.topic, partitions).get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) faults_.report(code, {});
}

/// The client is beyond the first position already.
void rdkafka_assignment::take_places() {
  for (const auto& [partition, position] : reader_.take_places()) {
    if (std::ranges::find(partitions_, partition) == partitions_.end()) continue;
    release({partition});
    accept({{partition, position}});
  }
}

}  // namespace kfs
