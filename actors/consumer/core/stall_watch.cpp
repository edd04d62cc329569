#include "actors/consumer/core/stall_watch.hpp"

#include <algorithm>

namespace kfs {

void stall_watch::watched::begin_anew(clock::time_point at) {
  quiet_since = at;
  behind_since.reset();
  stalled = false;
}

void stall_watch::looked(std::span<const partition_standing> owned, bool polled, clock::time_point at) {
  polled_ = polled;
  std::erase_if(watched_, [&](const auto& one) {
    return !std::ranges::binary_search(owned, one.first, {}, &partition_standing::partition);
  });
  for (const auto& [partition, position] : owned) {
    auto& one = watched_.try_emplace(partition, watched{.position = position, .quiet_since = at}).first->second;
    if (one.position != position) {
      if (position < one.position) one.log_end.reset();
      one.position = position;
      one.begin_anew(at);
    } else if (!polled) {
      one.begin_anew(at);
    }
  }
}

void stall_watch::told(std::span<const partition_offset> ends, bool drained, clock::time_point at) {
  for (const auto& [partition, end] : ends) {
    const auto found = watched_.find(partition);
    if (found == watched_.end()) continue;
    auto& one = found->second;
    one.log_end = end;
    if (!one.behind()) {
      one.behind_since.reset();
      one.stalled = false;
    } else if (!one.behind_since) {
      if (polled_) one.behind_since = at;
    } else if (drained && at - *one.behind_since >= patience) {
      one.stalled = true;
    }
  }
}

std::vector<stalled_partition> stall_watch::stalled() const {
  std::vector<stalled_partition> found;
  for (const auto& [partition, one] : watched_) {
    if (one.stalled) found.push_back({partition, *one.position, *one.log_end, *one.behind_since});
  }
  return found;
}

std::optional<offset> stall_watch::log_end(partition_number partition) const {
  const auto found = watched_.find(partition);
  return found == watched_.end() ? std::nullopt : found->second.log_end;
}

bool stall_watch::quiet(clock::time_point at) const {
  return polled_ &&
         std::ranges::any_of(watched_, [&](const auto& one) { return at - one.second.quiet_since >= quiet_after; });
}

bool stall_watch::behind() const {
  return std::ranges::any_of(watched_, [](const auto& one) { return one.second.behind(); });
}

}  // namespace kfs
