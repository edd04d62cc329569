#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "actors/messages.hpp"
#include "config/base/logger.hpp"

namespace kfs {

/// A question that a worker of the bridge asks. What it throws is logged and drops what it captured.
using bridge_job = std::shared_ptr<const std::function<void(caf::event_based_actor*)>>;

/// Asks actors on behalf of threads that must not block.
///
/// A few event-based actors send the requests and run the continuations. A worker survives what a continuation throws.
/// Threading: ask() from any thread; continuations run in the workers, one at a time in each.
/// Ownership: of the HTTP server; close() or the destructor end the workers and drop what they still wait for.
class actor_bridge {
 public:
  actor_bridge(caf::actor_system& system, logger log);
  ~actor_bridge();
  actor_bridge(const actor_bridge&) = delete;
  actor_bridge& operator=(const actor_bridge&) = delete;

  /// Sends `message` to `target` and calls `then` once with what came back, timed_out after `until` at the latest.
  template <class Reply, class Target, class... Message>
  void ask(const Target& target, std::chrono::steady_clock::time_point until, std::function<void(result<Reply>)> then,
           Message... message) {
    post([=, this_log = log_](caf::event_based_actor* self) {
      self->request(target, time_left(until), message...)
          .then([=](const Reply& reply) { guarded(this_log, [&] { then(reply); }); },
                [=](const caf::error& reason) {
                  guarded(this_log, [&] { then(tl::make_unexpected(to_error(reason))); });
                });
    });
  }

  void close();

 private:
  void post(std::function<void(caf::event_based_actor*)> job);
  static std::chrono::milliseconds time_left(std::chrono::steady_clock::time_point until);
  /// What CAF's own time-out means to a client; any other error as it travelled.
  static error to_error(const caf::error& reason);
  static void guarded(const logger& log, const std::function<void()>& continuation);

  logger log_;
  std::vector<caf::actor> workers_;
  std::atomic<std::size_t> next_{0};
};

}  // namespace kfs

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::bridge_job)
