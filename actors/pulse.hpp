#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <vector>

namespace kfs {

/// Shows that the instances of a consumer respond: each beats at every tick, and the supervisor reads the beats.
///
/// Threading: each instance writes its own beat; any thread may read.
class pulse {
 public:
  using clock = std::chrono::steady_clock;

  pulse(std::size_t instances, clock::time_point now) : beats_(instances) {
    for (std::size_t instance = 0; instance < instances; ++instance) beat(instance, now);
  }

  void beat(std::size_t instance, clock::time_point at) noexcept {
    beats_[instance].store(at.time_since_epoch().count(), std::memory_order_relaxed);
  }

  /// The oldest of the instances' last beats.
  [[nodiscard]] clock::time_point last() const noexcept {
    auto oldest = clock::time_point::max();
    for (const auto& beat : beats_)
      oldest = std::min(oldest, clock::time_point(clock::duration(beat.load(std::memory_order_relaxed))));
    return oldest;
  }

 private:
  std::vector<std::atomic<clock::rep>> beats_;
};

}  // namespace kfs
