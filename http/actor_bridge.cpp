#include "http/actor_bridge.hpp"

#include <algorithm>
#include <exception>

namespace kfs {
namespace {

constexpr std::size_t worker_count = 2;

/// Runs jobs, each in its own message.
class bridge_worker : public caf::event_based_actor {
 public:
  using caf::event_based_actor::event_based_actor;

 protected:
  caf::behavior make_behavior() override {
    return {[this](const bridge_job& job) { (*job)(this); }};
  }
};

}  // namespace

actor_bridge::actor_bridge(caf::actor_system& system, logger log) : log_(std::move(log)) {
  for (std::size_t i = 0; i < worker_count; ++i) workers_.push_back(system.spawn<bridge_worker>());
}

actor_bridge::~actor_bridge() {
  close();
}

void actor_bridge::close() {
  for (const auto& worker : workers_) caf::anon_send_exit(worker, caf::exit_reason::user_shutdown);
}

void actor_bridge::post(std::function<void(caf::event_based_actor*)> job) {
  const auto& worker = workers_[next_.fetch_add(1, std::memory_order_relaxed) % workers_.size()];
  caf::anon_send(worker, std::make_shared<const std::function<void(caf::event_based_actor*)>>(std::move(job)));
}

std::chrono::milliseconds actor_bridge::time_left(std::chrono::steady_clock::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
  return std::max(left, std::chrono::milliseconds(1));
}

error actor_bridge::to_error(const caf::error& reason) {
  if (reason != caf::sec::request_timeout) return from_caf(reason);
  return {ec::timed_out,
          "The answer did not come in time. The operation goes on: read the present state before you repeat it."};
}

void actor_bridge::guarded(const logger& log, const std::function<void()>& continuation) {
  try {
    continuation();
  } catch (const std::exception& problem) {
    log.error("a request handler failed after its actor answered", {{"problem", problem.what()}});
  }
}

}  // namespace kfs
