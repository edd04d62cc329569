#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "config/base/error.hpp"

namespace kfs {

class departures;

/// Makes calls that block, each bounded by a time-out of its own, in a few threads. The threads are there only while
/// there is something to call. Calls begin in the order in which they were given.
///
/// Ownership: one for all clients. `threads` outlives it and waits for what is under way; a call may outlive it.
/// Threading: safe from any thread.
class blocking_calls {
 public:
  /// A question to an idle consumer's broker waits for the fetch before it on the same connection, up to half a second:
  /// so many threads answer the questions of 1,000 consumers at rest in time.
  static constexpr std::size_t usual_threads = 16;
  static constexpr std::size_t usual_waiting = 1'024;

  explicit blocking_calls(departures& threads, std::size_t most_threads = usual_threads,
                          std::size_t most_waiting = usual_waiting);

  /// Makes the call soon; never waits itself. False, and it is never made: too many wait already, or no thread is to be
  /// had. Once `threads` is told to hurry, what waits is let go of.
  [[nodiscard]] bool make(std::function<void()> call);

 private:
  struct line;
  departures& threads_;
  const std::size_t most_threads_;
  const std::size_t most_waiting_;
  std::shared_ptr<line> line_;
};

/// Why a call was not made.
inline error too_many_questions() {
  return {ec::overloaded, "too many questions to Kafka wait to be asked"};
}

}  // namespace kfs
