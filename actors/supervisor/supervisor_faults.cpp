#include <algorithm>
#include <utility>

#include "actors/supervisor/supervisor.hpp"

namespace kfs {
namespace {

/// Faults that a new client may get past: what it asks the cluster once, when it starts. A broker that does not answer
/// is not among them, since the client that is there reconnects by itself, sooner than any restart.
bool mended_by_restart(ec code) {
  return code != ec::broker_unreachable && code != ec::broker_silent && code != ec::group_unavailable &&
         code != ec::actor_stuck;
}

/// What the supervisor finds of a child that does not come round.
fault_report stuck(std::string message) {
  return {
      .code = ec::actor_stuck, .message = std::move(message), .source = supervisor_source, .at = now(), .attempts = 0};
}

constexpr auto gave_up_text = "recovery gave up; the consumer stays in ERROR until it is started or changed";

}  // namespace

void supervisor::observed(const consumer_id& id, std::uint64_t incarnation, const observation_ptr& seen) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  auto& which = found->second;
  if (!which.running || which.running->incarnation != incarnation) return;
  which.seen = seen;
  which.seen_at = now();
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
  const bool by_itself = which.running && fault.of_processor();
  const bool is_new = !which.fault || which.fault->code != fault.code || which.fault->source != fault.source;
  if (is_new) {
    environment_.log.warning("consumer failed", {{"consumer_id", which.wanted->id.value},
                                                 {"code", std::string(to_string(fault.code))},
                                                 {"source", fault.source},
                                                 {"reason", fault.message}});
    which.events->add(event_kind::failed, fault.message, fault.code, fault.source);
  } else {
    fault.at = which.fault->at;  // since when, over restarts
  }
  which.fault = std::move(fault);
  move(which, consumer_state::error);
  if (which.fault->is_last(which.options.recovery)) {
    if (!which.gave_up) give_up(which);
  } else if (by_itself) {
    which.next_attempt.reset();
    which.recovery = which.seen ? which.seen->recovery : std::nullopt;
  } else if (!which.next_attempt && !which.restart && !which.gave_up) {
    schedule_attempt(which);
  }
  if (!by_itself) which.fault->attempts = which.policy.attempts();
  changed(which);
}

std::string supervisor::why_final(const entry& which) {
  const auto& recovery = which.options.recovery;
  if (which.fault->until_started) return "options.on_error says stop";
  if (recovery.is_fatal(which.fault->code))
    return std::string(to_string(which.fault->code)) + " is one of the fatal codes";
  return recovery.enabled ? "all attempts were made" : "it is switched off";
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
  which.events->add(event_kind::gave_up, gave_up_text + (": " + why_final(which)), which.fault->code,
                    which.fault->source);
  if (which.running) drain_child(which);
  environment_.log.error(gave_up_text, {{"consumer_id", which.wanted->id.value}, {"reason", why_final(which)}});
}

void supervisor::attempt_again(entry& which) {
  which.next_attempt.reset();
  if (!which.running) {
    restarted(which);
    spawn_child(which);
  } else if (which.fault && mended_by_restart(which.fault->code)) {
    restarted(which);
    which.restart = true;
    drain_child(which);
  } else {
    self_->send(which.running->handle, retry_atom::value);
    if (which.fault) schedule_attempt(which);
  }
  changed(which);
}

void supervisor::restarted(entry& which) {
  ++which.restarts;
  which.measured->restarted();
  which.events->add(event_kind::restarted,
                    "attempt " + std::to_string(which.policy.attempts()) + ": the consumer is started again");
}

/// A user's start: whatever was wrong is forgotten, and what is failing tries again now.
void supervisor::start_at_once(entry& which) {
  const bool replace =
      which.running && which.fault && which.fault->source == kafka_source && mended_by_restart(which.fault->code);
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
    which.events->add(event_kind::recovered, "the consumer is well again");
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
  if (before != consumer_state::paused && next != consumer_state::paused) {  // a slow sink would fill the log with them
    which.events->add(event_kind::state_changed,
                      std::string(to_string(before)) + " to " + std::string(to_string(next)));
  }
  which.measured->status(static_cast<int>(status_of(which)));
  changed(which);
}

/// A consumer never blocks. One that does not come round is stuck in a call that does not return, or no thread is free
/// for it because others are; it can only be waited for. When it comes round again it is asked how it is doing.
void supervisor::look_after(entry& which, clock::time_point at) {
  if (which.state.now() == consumer_state::draining) return overdue(which, at);
  const auto quiet = standstill_.watched(which.running->beats->last(), at);
  if (quiet >= child_patience) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(quiet).count();
    failed(which, stuck("the consumer has not come round for " + std::to_string(seconds) +
                        " s: all threads that run consumers are busy, for example with files on a disk that hangs; it "
                        "goes on when one is free"));
  } else if (is_stuck(which)) {
    self_->send(which.running->handle, retry_atom::value);
  }
}

/// The supervisor has found that, and said so.
bool supervisor::is_stuck(const entry& which) {
  return which.fault && which.fault->code == ec::actor_stuck && which.fault->source == supervisor_source;
}

/// An end has its bound, so one that takes longer hangs. The process does not get rid of it.
void supervisor::overdue(entry& which, clock::time_point at) {
  if (standstill_.watched(*which.draining_since, at) < which.running->stop_timeout + ending_patience) return;
  if (is_stuck(which)) return;
  auto fault = stuck(
      "the consumer was told to end and has not, long after its stop_timeout_ms: a call that it makes does not return; "
      "restart this server if that does not pass");
  environment_.log.error("a consumer does not end", {{"consumer_id", which.wanted->id.value}});
  which.events->add(event_kind::failed, fault.message, fault.code, fault.source);
  which.fault = std::move(fault);
  changed(which);
}

void supervisor::ticked() {
  const auto at = self_->clock().now();
  standstill_.came_round(at);
  for (auto& [id, which] : entries_) {
    if (which.next_attempt && *which.next_attempt <= at && !shutting_down_) attempt_again(which);
    if (which.running) look_after(which, at);
  }
  if (!next_ping_ || *next_ping_ <= at) ask_store();
  self_->delayed_send(self_, tick_interval, tick_atom::value);
}

}  // namespace kfs
