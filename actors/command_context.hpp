#pragma once

#include <algorithm>
#include <chrono>
#include <string>

namespace kfs {

/// Who sends a command. Senders are not identified yet, so everybody is "anonymous".
struct principal {
  std::string name = "anonymous";
  bool operator==(const principal&) const = default;
};

/// What accompanies a command: the id of its request, its deadline, and who sent it.
struct command_context {
  using clock = std::chrono::steady_clock;

  std::string request_id;
  clock::time_point deadline = clock::time_point::max();  ///< a command that has not begun by then is not carried out
  principal sender;

  /// The time from `at` to the deadline, at least 0; negative when there is no deadline.
  [[nodiscard]] std::chrono::milliseconds time_left(clock::time_point at) const {
    if (deadline == clock::time_point::max()) return std::chrono::milliseconds{-1};
    return std::max(std::chrono::milliseconds{0}, std::chrono::floor<std::chrono::milliseconds>(deadline - at));
  }
  void set_time_left(std::chrono::milliseconds left, clock::time_point at) {
    deadline = left.count() < 0 ? clock::time_point::max() : at + left;
  }
  [[nodiscard]] bool expired(clock::time_point at) const noexcept { return deadline <= at; }
  bool operator==(const command_context&) const = default;
};

}  // namespace kfs
