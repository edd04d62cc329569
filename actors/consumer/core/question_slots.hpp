#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace kfs {

/// Decides when one of many consumers sends a periodic request: once in each interval, at a point of the interval that
/// differs between consumers. So a thousand consumers never send it at the same time, whatever happens to all of them.
///
/// Threading: none; time is an argument.
class question_slots {
 public:
  using clock = std::chrono::steady_clock;

  /// `seed` determines the point of the interval. No request is due in the slot of `begun`.
  question_slots(std::size_t seed, clock::time_point begun)
      : phase_(seed % static_cast<std::size_t>(longest.count())), asked_(begun) {}

  /// No request was sent in the present slot. Intervals are at most `longest`.
  [[nodiscard]] bool due(std::chrono::milliseconds interval, clock::time_point at) const {
    return slot(interval, at) != slot(interval, asked_);
  }

  void asked(clock::time_point at) { asked_ = at; }

  static constexpr std::chrono::milliseconds longest{60'000};

 private:
  [[nodiscard]] std::int64_t slot(std::chrono::milliseconds interval, clock::time_point at) const {
    return (std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()) + phase_) / interval;
  }

  std::chrono::milliseconds phase_;
  clock::time_point asked_;
};

}  // namespace kfs
