#pragma once

#include <chrono>
#include <csignal>
#include <functional>
#include <string>

namespace kfs {

/// SIGTERM and SIGINT as the ways to end this process (signal(7)).
///
/// Made before the first thread, it blocks both in this and every later one, so that only wait() sees them. One for the
/// process. Threading: ask() from any thread, the others from the one that made it.
class ending_signals {
 public:
  ending_signals();

  /// Waits for either, or for ask(); the name of what came.
  [[nodiscard]] std::string wait();

  /// Ends the process as SIGTERM does.
  static void ask();

  /// From now on another signal ends the process at once, and the end of `bound` does so too: `late` is called first
  /// then. The exit code is 1 in both cases.
  void limit_end(std::chrono::seconds bound, std::function<void()> late);

 private:
  sigset_t signals_{};
};

}  // namespace kfs
