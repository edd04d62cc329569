#include "actors/consumer/core/stall_watch.hpp"

#include <algorithm>

namespace kfs {

void stall_watch::watched::begin_anew(clock::time_point at) {
  quiet_since = at;
  behind_since.reset();
  stalled = false;
}

void stall_watch::looked(std::span<const partition_position> owned, bool polled, clock::time_point at) {
  polled_ = polled;
  std::erase_if(watched_, [&](const auto& entry) {
    return !std::ranges::binary_search(owned, entry.first, {}, &partition_position::partition);
  });
  for (const auto& [partition, position, paused] : owned) {
    auto& known = watched_.try_emplace(partition, watched{.position = position, .quiet_since = at}).first->second;
    known.paused = paused;
    if (known.position != position) {
      if (position < known.position) known.log_end.reset();
      known.position = position;
      known.begin_anew(at);
    } else if (!polled || paused) {
      known.begin_anew(at);
    }
  }
}

void stall_watch::told(std::span<const partition_offset> ends, bool drained, clock::time_point at) {
  for (const auto& [partition, end] : ends) {
    const auto found = watched_.find(partition);
    if (found == watched_.end()) continue;
    auto& known = found->second;
    known.log_end = end;
    if (!known.behind()) {
      known.behind_since.reset();
      known.stalled = false;
    } else if (!known.behind_since) {
      if (polled_ && !known.paused) known.behind_since = at;
    } else if (drained && at - *known.behind_since >= patience) {
      known.stalled = true;
    }
  }
}

std::vector<stalled_partition> stall_watch::stalled() const {
  std::vector<stalled_partition> found;
  for (const auto& [partition, known] : watched_) {
    if (known.stalled) found.push_back({partition, *known.position, *known.log_end, *known.behind_since});
  }
  return found;
}

std::optional<offset> stall_watch::log_end(partition_number partition) const {
  const auto found = watched_.find(partition);
  return found == watched_.end() ? std::nullopt : found->second.log_end;
}

bool stall_watch::quiet(clock::time_point at) const {
  return polled_ &&
         std::ranges::any_of(watched_, [&](const auto& entry) { return at - entry.second.quiet_since >= quiet_after; });
}

bool stall_watch::behind() const {
  return std::ranges::any_of(watched_, [](const auto& entry) { return entry.second.behind(); });
}

}  // namespace kfs
