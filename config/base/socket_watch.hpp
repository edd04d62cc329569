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

/// Shuts a socket down when a call on it takes too long, or when somebody asks to stop, so that whoever blocks on it
/// is told at once that the connection ended.
///
/// Ownership: of one connection. Holds a descriptor of its own, so that it can never hit another connection that got
/// the number. Threading: one call at a time; has a thread of its own that sleeps between calls.
class socket_watch {
 public:
  using clock = std::chrono::steady_clock;

  explicit socket_watch(int socket);

  /// From now on until the guard ends the socket is watched.
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

  /// Why the socket was shut down; null: it was not.
  [[nodiscard]] const char* reason() const noexcept { return reason_.load(); }
  void shut_down(const char* why);

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
