#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "config/base/file_descriptor.hpp"

namespace kfs {

/// Shuts a socket down when a call on it takes too long or is cancelled, so that the thread that is blocked in the call
/// returns at once.
///
/// Ownership: one per connection. It duplicates the descriptor, so it can never shut down another connection that was
/// given the same number.
/// Threading: one call at a time; has a thread of its own that sleeps between calls.
class socket_watch {
 public:
  using clock = std::chrono::steady_clock;

  explicit socket_watch(int socket);

  /// Watches the socket as long as the guard lives: for `patience`, and for a stop request.
  class guard {
   public:
    guard(socket_watch& watch, clock::duration patience, const std::stop_token& cancelled);
    ~guard();
    guard(const guard&) = delete;
    guard& operator=(const guard&) = delete;

   private:
    struct give_up {
      socket_watch& watch;
      void operator()() const { watch.shut_down("the server is stopping this processor"); }
    };
    socket_watch& watch_;
    std::stop_callback<give_up> cancelled_;
  };

  /// Why the socket was shut down; null when it was not.
  [[nodiscard]] const char* reason() const noexcept { return reason_.load(); }
  void shut_down(const char* reason);

 private:
  void run(const std::stop_token& ends);

  file_descriptor socket_;
  std::atomic<const char*> reason_ = nullptr;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<clock::time_point> deadline_;  ///< guarded by mutex_
  std::jthread thread_;                        // last: it uses the rest
};

}  // namespace kfs
