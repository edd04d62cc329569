#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <vector>

namespace kfs {

/// Shows that the instances of a consumer come round: each beats at every tick, and whoever starts them looks.
///
/// Threading: each instance beats for itself, anyone reads.
class pulse {
 public:
  using clock = std::chrono::steady_clock;

  pulse(std::size_t instances, clock::time_point now) : beats_(instances) {
    for (std::size_t instance = 0; instance < instances; ++instance) beat(instance, now);
  }

  void beat(std::size_t instance, clock::time_point at) noexcept {
    beats_[instance].store(at.time_since_epoch().count(), std::memory_order_relaxed);
  }

  /// When the one that has been silent for the longest time last beat.
  [[nodiscard]] clock::time_point last() const noexcept {
    auto eldest = clock::time_point::max();
    for (const auto& beat : beats_)
      eldest = std::min(eldest, clock::time_point(clock::duration(beat.load(std::memory_order_relaxed))));
    return eldest;
  }

 private:
  std::vector<std::atomic<clock::rep>> beats_;
};

}  // namespace kfs
