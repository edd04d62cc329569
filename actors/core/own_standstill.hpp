#pragma once

#include <algorithm>
#include <chrono>
#include <utility>

namespace kfs {

/// Measures how long a watcher has watched others, without the time in which the watcher itself did not run: it was
/// stopped by a signal, suspended, or had no thread.
///
/// Threading: none; time is an argument.
class own_standstill {
 public:
  using clock = std::chrono::steady_clock;

  /// A watcher whose ticks are more than `longest` apart did not run between them.
  explicit own_standstill(clock::duration longest) : longest_(longest) {}

  /// The watcher runs at `at`.
  void ticked(clock::time_point at) {
    if (at - std::exchange(last_, at) > longest_) awake_since_ = at;
  }

  /// The time from `since` to `at` in which the watcher ran: it begins at the watcher's last return from a standstill
  /// when that is later than `since`.
  [[nodiscard]] clock::duration watched(clock::time_point since, clock::time_point at) const {
    return at - std::max(since, awake_since_);
  }

 private:
  clock::duration longest_;
  clock::time_point last_;
  clock::time_point awake_since_;
};

}  // namespace kfs
