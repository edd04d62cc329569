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

void bridge_lane::run(std::function<void()> work) const {
  post([work = std::move(work), log = log_](caf::event_based_actor*) { guarded(log, work); });
}

void bridge_lane::post(std::function<void(caf::event_based_actor*)> job) const {
  caf::anon_send(worker_, std::make_shared<const std::function<void(caf::event_based_actor*)>>(std::move(job)));
}

std::chrono::milliseconds bridge_lane::time_left(std::chrono::steady_clock::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
  return std::max(left, std::chrono::milliseconds(1));
}

error bridge_lane::to_error(const caf::error& reason) {
  if (reason != caf::sec::request_timeout) return from_caf(reason);
  return {ec::timed_out,
          "The answer did not come in time. The operation goes on: read the present state before you repeat it."};
}

void bridge_lane::guarded(const logger& log, const std::function<void()>& continuation) {
  try {
    continuation();
  } catch (const std::exception& problem) {
    log.error("a request handler failed after its actor answered", {{"problem", problem.what()}});
  }
}

actor_bridge::actor_bridge(caf::actor_system& system, logger log) {
  for (std::size_t i = 0; i < worker_count; ++i) {
    workers_.push_back(system.spawn<bridge_worker>());
    lanes_.emplace_back(workers_.back(), log);
  }
}

actor_bridge::~actor_bridge() {
  close();
}

void actor_bridge::close() {
  for (const auto& worker : workers_) caf::anon_send_exit(worker, caf::exit_reason::user_shutdown);
}

const bridge_lane& actor_bridge::lane() {
  return lanes_[next_.fetch_add(1, std::memory_order_relaxed) % lanes_.size()];
}

}  // namespace kfs
