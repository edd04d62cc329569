#include "actors/core/history/arrivals.hpp"

#include <algorithm>

namespace kfs {

void log_arrivals::add(clock::time_point at, std::int64_t log_end) {
  if (!samples_.empty()) {
    if (at <= samples_.back().at) return;
    if (log_end < samples_.back().log_end) samples_.clear();
  }
  samples_.push_back({at, log_end});
  thin_out(at);
}

/// A sample goes when its neighbours are nearer to each other than a quarter of their age. Of those that are too old,
/// one stays: it tells what was there before.
void log_arrivals::thin_out(clock::time_point now) {
  for (std::size_t i = 1; i + 1 < samples_.size();) {
    const auto age = now - samples_[i + 1].at;
    const bool needless = samples_[i + 1].at - samples_[i - 1].at < age / 4 || now - samples_[i].at > longest;
    if (needless)
      samples_.erase(samples_.begin() + static_cast<std::ptrdiff_t>(i));
    else
      ++i;
  }
  if (samples_.size() >= 2 && now - samples_[1].at > longest) samples_.erase(samples_.begin());
}

std::optional<std::chrono::duration<double>> log_arrivals::age_of(std::int64_t done, clock::time_point now) const {
  if (samples_.empty()) return std::nullopt;
  if (samples_.back().log_end <= done) return std::chrono::duration<double>(0);
  const auto after = std::ranges::find_if(samples_, [done](const sample& each) { return each.log_end > done; });
  if (after == samples_.begin()) return std::nullopt;
  const auto& before = *std::prev(after);
  // Between two samples the log is taken to have grown evenly.
  const auto part = static_cast<double>(done - before.log_end) / static_cast<double>(after->log_end - before.log_end);
  const std::chrono::duration<double> came = (after->at - before.at) * part;
  return std::max(std::chrono::duration<double>(now - before.at) - came, std::chrono::duration<double>(0));
}

}  // namespace kfs
