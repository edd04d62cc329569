#include "actors/core/lag/record_times.hpp"

namespace kfs {

std::optional<timestamp> record_times::find(const log_place& place, std::int64_t log_end,
                                            std::chrono::steady_clock::time_point at) {
  const auto found = entries_.find(place);
  if (found == entries_.end()) return std::nullopt;
  auto& known = found->second;
  if (log_end < known.log_end || at - known.kept_at >= longest_kept) {
    forget(found);
    return std::nullopt;
  }
  known.log_end = log_end;
  uses_.splice(uses_.begin(), uses_, known.use);
  return known.time;
}

void record_times::keep(const log_place& place, timestamp time, std::int64_t log_end,
                        std::chrono::steady_clock::time_point at) {
  if (const auto found = entries_.find(place); found != entries_.end()) forget(found);
  uses_.push_front(place);
  entries_.emplace(place, entry{time, log_end, at, uses_.begin()});
  while (entries_.size() > most_) forget(entries_.find(uses_.back()));
}

void record_times::forget(entries::iterator found) {
  uses_.erase(found->second.use);
  entries_.erase(found);
}

}  // namespace kfs
