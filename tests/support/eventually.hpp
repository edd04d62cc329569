#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <thread>

namespace kfs::test {

/// Asks `holds` again and again until it is true or `patience` has passed; tells which. It is asked at least once, and
/// once more at the very end. For waiting on real parts only: what has a clock of its own is given the time instead.
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

/// The opposite: true when `holds` stayed true whenever it was asked during `period`.
template <class Predicate>
[[nodiscard]] bool stays(std::chrono::milliseconds period, Predicate&& holds) {
  return !eventually(period, [&] { return !holds(); });
}

/// A name that no other test has used: "prefix-1a2b3c4d5e6f". For topics, groups and files.
std::string unique_name(std::string_view prefix);

}  // namespace kfs::test
