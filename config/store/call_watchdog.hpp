#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace kfs {

/// Ends calls of a library that would wait forever for a silent peer: shuts its socket down, so that it sees a broken
/// connection.
///
/// Threading: a thread of its own; watch() and done() from the thread that makes the calls.
class call_watchdog {
 public:
  using clock = std::chrono::steady_clock;

  call_watchdog();
  ~call_watchdog();
  call_watchdog(const call_watchdog&) = delete;
  call_watchdog& operator=(const call_watchdog&) = delete;

  /// Shuts `socket` down at `until`, unless done() is called before. The descriptor may be closed meanwhile.
  void watch(int socket, clock::time_point until);

  /// Ends the watch.
  void done();

 private:
  void run(const std::stop_token& ends);
  void forget();

  std::mutex mutex_;
  std::condition_variable_any changed_;
  int socket_ = -1;  ///< a duplicate of our own; -1: nothing is watched
  std::optional<clock::time_point> until_;
  std::jthread thread_;  // last: it uses the rest
};

}  // namespace kfs
