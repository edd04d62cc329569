#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <stop_token>

namespace kfs {

/// Ends Kafka clients in threads of their own, because a client that ends may wait for the resolver or for its group,
/// and no actor and no answer may wait with it. Lends such threads to what else of a client blocks (blocking_calls).
///
/// Ownership: one for the process; outlives every client.
/// Threading: safe from any thread.
class departures {
 public:
  departures() = default;
  /// Waits for the last one. Whoever must not wait asks wait_for() first.
  ~departures();
  departures(const departures&) = delete;
  departures& operator=(const departures&) = delete;

  /// Runs `end` soon; it shall come to its end when its token says so, and tells whether the client did end. Where no
  /// thread is to be had it runs here and now.
  void see_off(std::function<bool(const std::stop_token&)> end);

  /// Asks all that are under way to hurry, and waits for them. False when some have not ended by then, or never
  /// will: their threads go on using what they were given.
  [[nodiscard]] bool wait_for(std::chrono::milliseconds bound);

  /// Runs `work`, which blocks for a bounded time, as one that is seen off: it shall hurry and is waited for alike.
  /// False, and it is not run: no thread is to be had.
  [[nodiscard]] bool lend_thread(std::function<bool(const std::stop_token&)> work);

  /// How many have not ended yet.
  [[nodiscard]] std::size_t under_way() const;

 private:
  void run(std::function<bool(const std::stop_token&)> work);

  mutable std::mutex mutex_;
  std::condition_variable left_;
  std::size_t count_ = 0;
  std::size_t left_behind_ = 0;
  std::stop_source hurry_;
};

}  // namespace kfs
