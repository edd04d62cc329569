#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <stop_token>

namespace kfs {

/// Ends Kafka clients in threads of their own. A client that ends may wait for the resolver or for its group, and
/// neither an actor nor an HTTP answer may wait with it. Also lends threads to other blocking calls (blocking_calls).
///
/// Ownership: one for the process; outlives every client.
/// Threading: safe from any thread.
class departures {
 public:
  departures() = default;
  /// Waits, without a bound, until all work has ended. Call wait_for() first to bound the wait.
  ~departures();
  departures(const departures&) = delete;
  departures& operator=(const departures&) = delete;

  /// Runs `end` in a thread of its own, or in the caller's thread when no thread can be started. `end` must return soon
  /// after its token requests it, and returns whether the client has ended.
  void see_off(std::function<bool(const std::stop_token&)> end);

  /// Requests all running work to hurry and waits for it, up to `bound`. Returns false when some work still runs after
  /// that, or when a client was left behind: objects that they use must stay alive.
  [[nodiscard]] bool wait_for(std::chrono::milliseconds bound);

  /// Runs `work`, which blocks for a bounded time, in a thread of its own. It is requested to hurry and waited for like
  /// a client that ends. Returns false, without running it, when no thread can be started.
  [[nodiscard]] bool lend_thread(std::function<bool(const std::stop_token&)> work);

  /// The number of clients and lent threads that have not ended yet.
  [[nodiscard]] std::size_t under_way() const;

 private:
  void run(std::function<bool(const std::stop_token&)> work);

  mutable std::mutex mutex_;
  std::condition_variable ended_;
  std::size_t count_ = 0;        ///< work that has not ended
  std::size_t left_behind_ = 0;  ///< clients that were given up without being destroyed
  std::stop_source hurry_;
};

}  // namespace kfs
