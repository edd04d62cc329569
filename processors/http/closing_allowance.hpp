#pragma once

#include <algorithm>
#include <chrono>

namespace kfs {

/// Bounds how many connections are closed because of their answers: 2,000 at once, then 200 a second. A closed
/// connection keeps its port for a minute, and there are about 28,000 ports for one destination.
///
/// Ownership: one client. Threading: none. Time is an argument.
class closing_allowance {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds interval{5};
  static constexpr std::chrono::seconds saved{10};

  /// Whether one more connection may be closed.
  bool take(clock::time_point now) {
    const auto used = std::max(used_until_, now - saved) + interval;
    if (used > now) return false;
    used_until_ = used;
    return true;
  }

 private:
  clock::time_point used_until_;
};

}  // namespace kfs
