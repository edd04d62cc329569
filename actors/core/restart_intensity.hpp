#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

namespace kfs {

/// Decides whether a child that ended may simply be replaced, or ends too often for that: so many times within a period
/// and no more (the intensity and period of Erlang/OTP's supervisors, supervisor(3erl)).
///
/// Threading: none; time is an argument.
class restart_intensity {
 public:
  using clock = std::chrono::steady_clock;

  restart_intensity(std::int64_t most, clock::duration period) : most_(most), period_(period) {}

  /// The child ended at `at`. False: it has done so more often than is allowed, and whoever replaces it shall be
  /// restarted instead.
  [[nodiscard]] bool may_restart(clock::time_point at) {
    while (!ends_.empty() && at - ends_.front() >= period_) ends_.pop_front();
    if (ends_.size() <= static_cast<std::size_t>(most_)) ends_.push_back(at);
    return ends_.size() <= static_cast<std::size_t>(most_);
  }

  /// How many ends count at present.
  [[nodiscard]] std::int64_t counted() const noexcept { return static_cast<std::int64_t>(ends_.size()); }

 private:
  std::int64_t most_;
  clock::duration period_;
  std::deque<clock::time_point> ends_;
};

}  // namespace kfs
