#include "actors/processor/core/rejection_ledger.hpp"

#include <algorithm>

namespace kfs {
namespace {

bool covers(const batch& whole, const record_place& place) {
  return std::ranges::any_of(whole.ranges(), [&](const batch_range& range) {
    return range.partition == place.first && range.first <= place.second && place.second < range.next;
  });
}

}  // namespace

std::vector<rejection_history> rejection_ledger::rejected(const processor_id& processor, const batch& whole,
                                                          const rejections& records, timestamp at) {
  const std::lock_guard lock(mutex_);
  auto& known = by_processor_[processor];
  // A processor works on one batch until all of it is handled, so records of other batches make room.
  if (known.size() + records.size() > most_records)
    std::erase_if(known, [&](const auto& entry) { return !covers(whole, entry.first); });
  std::vector<rejection_history> histories;
  histories.reserve(records.size());
  for (const auto& record : records) {
    const record_place place{record.partition, record.position};
    if (const auto found = known.find(place); found != known.end()) {
      ++found->second.attempts;
      histories.push_back(found->second);
    } else {
      histories.push_back({.attempts = 1, .first_failure = at});
      if (known.size() < most_records) known.emplace(place, histories.back());
    }
  }
  return histories;
}

void rejection_ledger::forget(const processor_id& processor, partition_number partition, offset position) {
  const std::lock_guard lock(mutex_);
  if (const auto known = by_processor_.find(processor); known != by_processor_.end())
    known->second.erase({partition, position});
}

void rejection_ledger::passed(const processor_id& processor, partition_number partition, offset next) {
  const std::lock_guard lock(mutex_);
  const auto known = by_processor_.find(processor);
  if (known == by_processor_.end()) return;
  auto& records = known->second;
  records.erase(records.lower_bound({partition, offset{0}}), records.lower_bound({partition, next}));
}

void rejection_ledger::log_restarted(partition_number partition) {
  const std::lock_guard lock(mutex_);
  for (auto& [processor, records] : by_processor_)
    std::erase_if(records, [&](const auto& entry) { return entry.first.first == partition; });
}

std::optional<std::string> rejection_ledger::accepted_version(const processor_id& processor) const {
  const std::lock_guard lock(mutex_);
  const auto known = accepted_versions_.find(processor);
  if (known == accepted_versions_.end()) return std::nullopt;
  return known->second;
}

void rejection_ledger::accepted(const processor_id& processor, const std::string& version) {
  {
    const std::lock_guard lock(mutex_);
    accepted_versions_.insert_or_assign(processor, version);
  }
  if (store_accepted_) store_accepted_(processor, version);
}

void rejection_ledger::recall(const accepted_versions& stored) {
  const std::lock_guard lock(mutex_);
  accepted_versions_.insert(stored.begin(), stored.end());
}

std::size_t rejection_ledger::size() const {
  const std::lock_guard lock(mutex_);
  std::size_t total = 0;
  for (const auto& [processor, records] : by_processor_) total += records.size();
  return total;
}

}  // namespace kfs
