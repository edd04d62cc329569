#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "config/base/error.hpp"

namespace kfs {

class departures;

/// Makes blocking calls in a few threads. Each call must have a time-out of its own. Calls begin in the order in which
/// they were given. The threads exist only while there are calls to make.
///
/// Ownership: one for all clients. A call may outlive it; `threads` outlives both and waits for running calls.
/// Threading: safe from any thread.
class blocking_calls {
 public:
  /// Enough for 1,000 idle consumers: each question waits up to half a second, because the broker first answers the
  /// fetch that came before it on the same connection.
  static constexpr std::size_t usual_threads = 16;
  static constexpr std::size_t usual_waiting = 1'024;

  explicit blocking_calls(departures& threads, std::size_t most_threads = usual_threads,
                          std::size_t most_waiting = usual_waiting);

  /// Queues the call and returns at once. Returns false when the call will never be made, because too many calls wait
  /// or no thread can be started. Waiting calls are dropped when `threads` is told to hurry.
  [[nodiscard]] bool make(std::function<void()> call);

 private:
  struct call_queue;
  departures& threads_;
  const std::size_t most_threads_;
  const std::size_t most_waiting_;
  std::shared_ptr<call_queue> queue_;
};

/// The answer to a question that make() did not accept.
inline error too_many_questions() {
  return {ec::overloaded, "cannot ask Kafka: too many earlier questions are still waiting; try again in a few seconds"};
}

}  // namespace kfs
