#pragma once

#include <algorithm>
#include <chrono>
#include <utility>

namespace kfs {

/// Keeps one who watches others from blaming them for the time in which it stood still itself: stopped by a signal,
/// suspended, or without a thread.
///
/// Threading: none; time is an argument.
class own_standstill {
 public:
  using clock = std::chrono::steady_clock;

  /// Who comes round later than `longest` after the last time stood still.
  explicit own_standstill(clock::duration longest) : longest_(longest) {}

  /// The watcher comes round.
  void came_round(clock::time_point at) {
    if (at - std::exchange(last_, at) > longest_) awake_since_ = at;
  }

  /// How much of the time since then counts against others: none of it from before the watcher went on.
  [[nodiscard]] clock::duration watched(clock::time_point since, clock::time_point at) const {
    return at - std::max(since, awake_since_);
  }

 private:
  clock::duration longest_;
  clock::time_point last_;
  clock::time_point awake_since_;
};

}  // namespace kfs
