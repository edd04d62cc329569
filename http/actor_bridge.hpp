#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "actors/messages.hpp"
#include "config/base/logger.hpp"

namespace kfs {

/// A question that a worker of the bridge asks. What it throws is logged and drops what it captured.
using bridge_job = std::shared_ptr<const std::function<void(caf::event_based_actor*)>>;

/// One worker of the bridge: the continuations of questions that are open at the same time run one after the other.
///
/// Threading: safe from any thread. Ownership: a value; after the bridge has closed it drops what it is given.
class bridge_lane {
 public:
  bridge_lane(caf::actor worker, logger log) : worker_(std::move(worker)), log_(std::move(log)) {}

  /// Sends `message` to `target` and calls `then` once with what came back, timed_out after `until` at the latest.
  template <class Reply, class Target, class... Message>
  void ask(const Target& target, std::chrono::steady_clock::time_point until, std::function<void(result<Reply>)> then,
           Message... message) const {
    post([=, this_log = log_](caf::event_based_actor* self) {
      self->request(target, time_left(until), message...)
          .then([=](const Reply& reply) { guarded(this_log, [&] { then(reply); }); },
                [=](const caf::error& reason) {
                  guarded(this_log, [&] { then(tl::make_unexpected(to_error(reason))); });
                });
    });
  }

  /// Runs `work` as if it were a continuation.
  void run(std::function<void()> work) const;

 private:
  void post(std::function<void(caf::event_based_actor*)> job) const;
  static std::chrono::milliseconds time_left(std::chrono::steady_clock::time_point until);
  /// What CAF's own time-out means to a client; any other error as it travelled.
  static error to_error(const caf::error& reason);
  static void guarded(const logger& log, const std::function<void()>& continuation);

  caf::actor worker_;
  logger log_;
};

/// Asks actors on behalf of threads that must not block.
///
/// A few event-based actors send the requests and run the continuations. A worker survives what a continuation throws.
/// Threading: from any thread; continuations run in the workers, one at a time in each.
/// Ownership: of the HTTP server; close() or the destructor end the workers and drop what they still wait for.
class actor_bridge {
 public:
  actor_bridge(caf::actor_system& system, logger log);
  ~actor_bridge();
  actor_bridge(const actor_bridge&) = delete;
  actor_bridge& operator=(const actor_bridge&) = delete;

  /// Asks in any lane: see bridge_lane::ask(). For one question after the other.
  template <class Reply, class Target, class... Message>
  void ask(const Target& target, std::chrono::steady_clock::time_point until, std::function<void(result<Reply>)> then,
           Message... message) {
    lane().ask<Reply>(target, until, std::move(then), std::move(message)...);
  }

  /// For several questions at once.
  [[nodiscard]] const bridge_lane& lane();

  void close();

 private:
  std::vector<bridge_lane> lanes_;
  std::vector<caf::actor> workers_;
  std::atomic<std::size_t> next_{0};
};

}  // namespace kfs

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::bridge_job)
