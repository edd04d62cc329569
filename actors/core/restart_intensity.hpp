#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

namespace kfs {

/// Decides whether a child that has ended may be replaced: at most `most` times within `period`, like the intensity and
/// period of Erlang/OTP's supervisors (supervisor(3erl)).
///
/// Threading: none; time is an argument.
class restart_intensity {
 public:
  using clock = std::chrono::steady_clock;

  restart_intensity(std::int64_t most, clock::duration period) : most_(most), period_(period) {}

  /// The child has ended at `at`. Returns false when it ended more often than allowed; then the parent must end too.
  [[nodiscard]] bool may_restart(clock::time_point at) {
    while (!ends_.empty() && at - ends_.front() >= period_) ends_.pop_front();
    if (ends_.size() <= static_cast<std::size_t>(most_)) ends_.push_back(at);
    return ends_.size() <= static_cast<std::size_t>(most_);
  }

  /// The number of ends within the period.
  [[nodiscard]] std::int64_t counted() const noexcept { return static_cast<std::int64_t>(ends_.size()); }

 private:
  std::int64_t most_;
  clock::duration period_;
  std::deque<clock::time_point> ends_;
};

}  // namespace kfs
