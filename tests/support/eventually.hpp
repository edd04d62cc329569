#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <thread>

namespace kfs::test {

/// Calls `holds` repeatedly until it returns true or `patience` has passed. Returns the last result. Calls it at least
/// once, and once more at the end.
///
/// Use it only to wait for real parts. A class with a clock receives the time from the test.
template <class Predicate>
[[nodiscard]] bool eventually(std::chrono::milliseconds patience, Predicate&& holds,
                              std::chrono::milliseconds pause = std::chrono::milliseconds{20}) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= deadline) return holds();
    std::this_thread::sleep_for(pause);
  }
  return true;
}

/// True when `holds` returned true in every call during `period`.
template <class Predicate>
[[nodiscard]] bool stays(std::chrono::milliseconds period, Predicate&& holds) {
  return !eventually(period, [&] { return !holds(); });
}

/// A unique name for a topic, group or file: "prefix-1a2b3c4d5e6f".
std::string unique_name(std::string_view prefix);

}  // namespace kfs::test
