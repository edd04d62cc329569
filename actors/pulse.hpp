#pragma once

#include <atomic>
#include <chrono>

namespace kfs {

/// Shows that an instance of a consumer responds: it beats at every tick, and the supervisor reads the last beat.
///
/// Threading: the instance writes; any thread may read.
class pulse {
 public:
  using clock = std::chrono::steady_clock;

  explicit pulse(clock::time_point now) { beat(now); }

  void beat(clock::time_point at) noexcept { last_.store(at.time_since_epoch().count(), std::memory_order_relaxed); }

  [[nodiscard]] clock::time_point last() const noexcept {
    return clock::time_point(clock::duration(last_.load(std::memory_order_relaxed)));
  }

 private:
  std::atomic<clock::rep> last_;
};

}  // namespace kfs
