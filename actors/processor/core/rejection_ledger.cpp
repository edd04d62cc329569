#include "actors/processor/core/rejection_ledger.hpp"

#include <algorithm>

namespace kfs {
namespace {

bool holds(const batch& of, partition_number partition, offset position) {
  return std::ranges::any_of(of.ranges(), [&](const batch_range& range) {
    return range.partition == partition && range.first <= position && position < range.next;
  });
}

}  // namespace

std::vector<refusal_history> rejection_ledger::refused(const processor_id& by, const batch& of,
                                                       const rejections& refused, timestamp at) {
  const std::lock_guard lock(mutex_);
  auto& known = of_processor_[by];
  // What is remembered of other batches makes room: a processor works on one batch until all of it is dealt with.
  if (known.size() + refused.size() > most_records)
    std::erase_if(known, [&](const auto& entry) { return !holds(of, entry.first.first, entry.first.second); });
  std::vector<refusal_history> so_far;
  so_far.reserve(refused.size());
  for (const auto& one : refused) {
    const record_place where{one.partition, one.position};
    if (const auto found = known.find(where); found != known.end()) {
      ++found->second.attempts;
      so_far.push_back(found->second);
    } else {
      so_far.push_back({.attempts = 1, .first_failure = at});
      if (known.size() < most_records) known.emplace(where, so_far.back());
    }
  }
  return so_far;
}

void rejection_ledger::forget(const processor_id& by, partition_number partition, offset position) {
  const std::lock_guard lock(mutex_);
  if (const auto known = of_processor_.find(by); known != of_processor_.end())
    known->second.erase({partition, position});
}

void rejection_ledger::passed(const processor_id& by, partition_number partition, offset to) {
  const std::lock_guard lock(mutex_);
  const auto known = of_processor_.find(by);
  if (known == of_processor_.end()) return;
  auto& records = known->second;
  records.erase(records.lower_bound({partition, offset{0}}), records.lower_bound({partition, to}));
}

void rejection_ledger::log_restarted(partition_number partition) {
  const std::lock_guard lock(mutex_);
  for (auto& [processor, records] : of_processor_)
    std::erase_if(records, [&](const auto& entry) { return entry.first.first == partition; });
}

std::size_t rejection_ledger::size() const {
  const std::lock_guard lock(mutex_);
  std::size_t all = 0;
  for (const auto& [processor, records] : of_processor_) all += records.size();
  return all;
}

}  // namespace kfs
