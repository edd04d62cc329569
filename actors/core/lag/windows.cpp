#include "actors/core/lag/windows.hpp"

namespace kfs {

void lag_window::add(const lag_sample& sample, std::chrono::milliseconds span) {
  if (!samples_.empty()) {
    const auto& last = samples_.back();
    const bool goes_back = sample.done < last.done || sample.log_end < last.log_end;
    if (sample.at < last.at || (goes_back && sample.at - last.at < late)) return;
    if (goes_back) samples_.clear();
  }
  // Two samples of the span that are not neighbours are at least this far apart, so their number is bounded.
  const auto least_distance = 2 * span / (most_samples - 3);
  const auto count = samples_.size();
  if (count >= 2 && sample.at - samples_[count - 2].at < least_distance) samples_.pop_back();
  samples_.push_back(sample);
  const auto needless = [&] {
    return samples_.size() > most_samples || (samples_.size() >= 2 && sample.at - samples_[1].at >= span);
  };
  while (needless()) samples_.erase(samples_.begin());
}

lag_windows::entry& lag_windows::used(const std::string& group) {
  const auto found = groups_.find(group);
  if (found != groups_.end()) {
    uses_.splice(uses_.begin(), uses_, found->second.use);
    return found->second;
  }
  uses_.push_front(group);
  return groups_.emplace(group, entry{uses_.begin(), {}}).first->second;
}

void lag_windows::add(const std::string& group, const partition_key& partition, const lag_sample& sample,
                      std::chrono::milliseconds span) {
  auto& windows = used(group).windows;
  const auto [found, is_new] = windows.try_emplace(partition);
  found->second.add(sample, span);
  if (!is_new) return;
  ++partitions_;
  while (partitions_ > most_partitions_ && uses_.back() != group) forget(std::string(uses_.back()));
  if (partitions_ <= most_partitions_) return;
  // One group alone exceeds the bound.
  windows.erase(found);
  --partitions_;
}

const lag_window& lag_windows::window(const std::string& group, const partition_key& partition) const {
  static const lag_window empty;
  const auto found = groups_.find(group);
  if (found == groups_.end()) return empty;
  const auto window = found->second.windows.find(partition);
  return window == found->second.windows.end() ? empty : window->second;
}

void lag_windows::forget(const std::string& group) {
  const auto found = groups_.find(group);
  if (found == groups_.end()) return;
  partitions_ -= found->second.windows.size();
  uses_.erase(found->second.use);
  groups_.erase(found);
}

}  // namespace kfs
