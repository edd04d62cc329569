#include <utility>

#include "actors/supervisor.hpp"

namespace kfs {
namespace {

/// Faults that a new client may get past: what it asks the cluster once, when it starts. A broker that does not answer
/// is not among them, since the client that is there reconnects by itself, sooner than any restart.
bool mended_by_restart(ec code) {
  return code != ec::broker_unreachable && code != ec::broker_silent && code != ec::group_unavailable;
}

}  // namespace

void supervisor::observed(const consumer_id& id, std::uint64_t incarnation, const observation_ptr& seen) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  auto& which = found->second;
  if (!which.running || which.running->incarnation != incarnation) return;
  which.seen = seen;
  changed(which);
  if (which.state.now() == consumer_state::draining) return;
  if (seen->fault) {
    failed(which, *seen->fault);
  } else if (seen->healthy) {
    recovered(which);
  }
}

void supervisor::failed(entry& which, fault_report fault) {
  // A processor tries again by itself and says when; everything else is tried again from here.
  const bool by_itself = which.running && fault.source.starts_with("processor:");
  const bool is_new = !which.fault || which.fault->code != fault.code || which.fault->source != fault.source;
  if (is_new) {
    environment_.log.warning("consumer failed", {{"consumer_id", which.wanted->id.value},
                                                 {"code", std::string(to_string(fault.code))},
                                                 {"source", fault.source},
                                                 {"reason", fault.message}});
  } else {
    fault.at = which.fault->at;  // since when, over restarts
  }
  which.fault = std::move(fault);
  move(which, consumer_state::error);
  if (which.fault->until_started) {
    give_up(which);
  } else if (by_itself) {
    which.next_attempt.reset();
    which.recovery = which.seen ? which.seen->recovery : std::nullopt;
  } else if (!which.next_attempt && !which.restart && !which.gave_up) {
    schedule_attempt(which);
  }
  if (!by_itself) which.fault->attempts = which.policy.attempts();
  changed(which);
}

void supervisor::schedule_attempt(entry& which) {
  const auto at = self_->clock().now();
  if (const auto wait = which.policy.failed(at)) {
    which.next_attempt = at + *wait;
    which.recovery = recovery_report{.attempt = which.policy.attempts(), .next_attempt_at = now() + *wait};
    return;
  }
  give_up(which);
}

void supervisor::give_up(entry& which) {
  which.next_attempt.reset();
  which.recovery.reset();
  which.gave_up = true;
  if (which.running) drain_child(which);
  environment_.log.error("recovery gave up; the consumer stays in ERROR until it is started or changed",
                         {{"consumer_id", which.wanted->id.value}});
}

void supervisor::attempt_again(entry& which) {
  which.next_attempt.reset();
  if (!which.running) {
    which.measured->restarted();
    spawn_child(which);
  } else if (which.fault && mended_by_restart(which.fault->code)) {
    which.measured->restarted();
    which.restart = true;
    drain_child(which);
  } else {
    self_->send(which.running->handle, retry_atom::value);
    if (which.fault) schedule_attempt(which);
  }
  changed(which);
}

/// A user's start: whatever was wrong is forgotten, and what is failing tries again now.
void supervisor::start_at_once(entry& which) {
  const bool replace =
      which.running && which.fault && which.fault->source == "kafka" && mended_by_restart(which.fault->code);
  const bool nudge = which.running && which.fault && !replace;
  forget_faults(which);
  if (replace) which.restart = true;
  if (nudge) self_->send(which.running->handle, retry_atom::value);
  reconcile(which);
}

void supervisor::recovered(entry& which) {
  which.policy.healthy(self_->clock().now());
  if (which.fault) {
    environment_.log.info("consumer recovered", {{"consumer_id", which.wanted->id.value}});
    which.fault.reset();
    which.recovery.reset();
    which.next_attempt.reset();
  }
  move(which, which.seen->paused ? consumer_state::paused : consumer_state::running);
}

void supervisor::forget_faults(entry& which) {
  which.policy.reset();
  which.fault.reset();
  which.recovery.reset();
  which.next_attempt.reset();
  which.gave_up = false;
  if (which.state.now() == consumer_state::error)
    move(which, which.running ? consumer_state::starting : consumer_state::stopped);
  changed(which);
}

void supervisor::move(entry& which, consumer_state next) {
  const auto before = which.state.now();
  if (before == next) return;
  which.state.become(next);
  environment_.log.debug("consumer state", {{"consumer_id", which.wanted->id.value},
                                            {"from", std::string(to_string(before))},
                                            {"to", std::string(to_string(next))}});
  which.measured->status(static_cast<int>(status_of(which)));
  changed(which);
}

void supervisor::ticked() {
  const auto at = self_->clock().now();
  for (auto& [id, which] : entries_) {
    if (which.next_attempt && *which.next_attempt <= at && !shutting_down_) attempt_again(which);
  }
  if (!next_ping_ || *next_ping_ <= at) ask_store();
  self_->delayed_send(self_, tick_interval, tick_atom::value);
}

}  // namespace kfs
