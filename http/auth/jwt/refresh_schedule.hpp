#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace kfs {

/// When a provider's keys are read again.
///
/// After a success a period passes. After a failure the waits double, up to a bound. A token that names an unknown key
/// may ask for an attempt at once, but not again within a time.
///
/// Threading: none; the caller gives the time.
class refresh_schedule {
 public:
  using clock = std::chrono::steady_clock;

  struct times {
    clock::duration period;         ///< after a success
    clock::duration first_retry;    ///< after the first failure in a row
    clock::duration longest_retry;  ///< of the waits after failures
    clock::duration between_asks;   ///< the shortest time between two attempts that are asked for
  };

  /// The first attempt is due at `now`.
  refresh_schedule(const times& chosen, clock::time_point now)
      : times_(chosen), due_(now), retry_(chosen.first_retry) {}

  [[nodiscard]] clock::time_point due() const noexcept { return due_; }

  /// Makes an attempt due at once; false when the latest one that was asked for is too recent.
  bool ask(clock::time_point now) noexcept {
    if (asked_ && now - *asked_ < times_.between_asks) return false;
    asked_ = now;
    due_ = std::min(due_, now);
    return true;
  }

  void succeeded(clock::time_point now) noexcept {
    due_ = now + times_.period;
    retry_ = times_.first_retry;
  }

  void failed(clock::time_point now) noexcept {
    due_ = now + retry_;
    retry_ = std::min(retry_ * 2, times_.longest_retry);
  }

 private:
  times times_;
  clock::time_point due_;
  clock::duration retry_;
  std::optional<clock::time_point> asked_;
};

}  // namespace kfs
