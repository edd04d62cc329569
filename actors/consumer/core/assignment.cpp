#include "actors/consumer/core/assignment.hpp"

#include <algorithm>
#include <cassert>

namespace kfs {

void assignment::assign(partition_number partition, std::optional<offset> start, std::optional<offset> committed) {
  owned_[partition] = {
      .epoch = ++epochs_, .start = start, .tracker = offset_tracker(start), .committing = {}, .committed = committed};
}

/// The committed offset belongs to the old log, and a failed commit may have reached the group nevertheless. So the
/// first offset of the new log is committed whatever it is.
void assignment::restart(partition_number partition, offset start) {
  if (owns(partition)) assign(partition, start, std::nullopt);
}

void assignment::drop(std::span<const partition_number> partitions) {
  for (const auto partition : partitions) owned_.erase(partition);
}

assignment::batch_number assignment::delivered(const std::vector<batch_range>& ranges, std::size_t records,
                                               std::size_t processors) {
  assert(processors > 0);
  auto& held = in_hand_[++batches_];
  held.records = records;
  held.processors = processors;
  held.ranges.reserve(ranges.size());
  for (const auto& range : ranges) {
    const auto owned = owned_.find(range.partition);
    assert(owned != owned_.end());
    if (!owned->second.start) owned->second.start = range.first;
    owned->second.tracker.delivered(range.next);
    held.ranges.push_back({range.partition, owned->second.epoch, range.next});
  }
  return batches_;
}

std::optional<std::size_t> assignment::acknowledged(batch_number batch) {
  const auto held = in_hand_.find(batch);
  assert(held != in_hand_.end());
  if (--held->second.processors > 0) return std::nullopt;
  for (const auto& range : held->second.ranges) {
    const auto owned = owned_.find(range.partition);
    if (owned != owned_.end() && owned->second.epoch == range.epoch) owned->second.tracker.acknowledged(range.next);
  }
  const auto records = held->second.records;
  in_hand_.erase(held);
  return records;
}

std::size_t assignment::records_in_hand() const noexcept {
  std::size_t records = 0;
  for (const auto& [number, held] : in_hand_) records += held.records;
  return records;
}

std::optional<batch_range> assignment::gap_before(const partition_end& end) const {
  const auto owned = owned_.find(end.partition);
  if (owned == owned_.end()) return std::nullopt;
  const auto& tracker = owned->second.tracker;
  const auto position = tracker.position();
  if (position && end.end > *position) return batch_range{end.partition, *position, end.end};
  // No delivered batch can move the group's offset, so it moves to the end of the partition.
  const bool nothing_delivered = tracker.idle() && !tracker.committable() && position.value_or(end.end) == end.end;
  if (nothing_delivered && owned->second.committed != end.end) return batch_range{end.partition, end.end, end.end};
  return std::nullopt;
}

std::vector<partition_offset> assignment::take_commit() {
  std::vector<partition_offset> offsets;
  for (auto& [partition, owned] : owned_) {
    const auto next = owned.tracker.committable();
    if (!next || owned.committing || owned.committed == next) continue;
    owned.committing = next;
    offsets.push_back({partition, *next});
  }
  return offsets;
}

void assignment::commit_finished(const std::vector<partition_offset>& offsets, bool succeeded) {
  for (const auto& [partition, position] : offsets) {
    const auto owned = owned_.find(partition);
    // A commit of an earlier assignment of this partition does not count for the present one.
    if (owned == owned_.end() || owned->second.committing != position) continue;
    owned->second.committing.reset();
    if (succeeded) owned->second.committed = position;
  }
}

bool assignment::settled(std::span<const partition_number> partitions) const {
  return std::ranges::all_of(partitions, [this](partition_number partition) {
    const auto owned = owned_.find(partition);
    if (owned == owned_.end()) return true;
    const auto& tracker = owned->second.tracker;
    return tracker.idle() && (!tracker.committable() || owned->second.committed == tracker.committable());
  });
}

bool assignment::idle(std::span<const partition_number> partitions) const {
  return std::ranges::all_of(partitions, [this](partition_number partition) {
    const auto owned = owned_.find(partition);
    return owned == owned_.end() || owned->second.tracker.idle();
  });
}

std::vector<partition_number> assignment::partitions() const {
  std::vector<partition_number> all;
  all.reserve(owned_.size());
  for (const auto& [partition, owned] : owned_) all.push_back(partition);
  return all;
}

std::optional<offset> assignment::committed(partition_number partition) const {
  const auto owned = owned_.find(partition);
  return owned == owned_.end() ? std::nullopt : owned->second.committed;
}

std::optional<offset> assignment::start(partition_number partition) const {
  const auto owned = owned_.find(partition);
  return owned == owned_.end() ? std::nullopt : owned->second.start;
}

std::optional<offset> assignment::position(partition_number partition) const {
  const auto owned = owned_.find(partition);
  return owned == owned_.end() ? std::nullopt : owned->second.tracker.position();
}

}  // namespace kfs
