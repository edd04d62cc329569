#include "actors/supervisor/faults.hpp"

#include <utility>

namespace kfs {
namespace {

fault_report supervisor_fault(ec code, std::string message) {
  return {
      .code = code, .message = std::move(message), .source = fault_source::of_supervisor(), .at = now(), .attempts = 0};
}

/// The supervisor found that the child is stuck, and said so.
bool is_stuck(const std::optional<fault_report>& fault) {
  return fault && fault->code == ec::actor_stuck && fault->source.is_supervisor();
}

constexpr auto gave_up_text = "recovery gave up; the consumer stays in ERROR until it is started or changed";

}  // namespace

void consumer_faults::observed(const entry_ptr& entry, observation_ptr seen, clock::time_point at) {
  entry->child->seen = std::move(seen);
  entry->child->seen_at = now();
  entry->changed();
  if (entry->drains()) return;
  if (const auto& fault = entry->child->seen->fault) {
    failed(entry, *fault, at);
  } else if (entry->child->seen->healthy) {
    recovered(*entry, at);
  }
}

void consumer_faults::died(const entry_ptr& entry, error why, clock::time_point at) {
  failed(entry, supervisor_fault(why.code, std::move(why.message)), at);
}

void consumer_faults::failed(const entry_ptr& entry, fault_report fault, clock::time_point at) {
  // A processor tries again by itself and says when; everything else is tried again from here.
  const bool tried_by_child = entry->child && fault.source.is_processor();
  const auto announced = entry->child && entry->child->seen ? entry->child->seen->recovery : std::nullopt;
  const auto found = entry->recovery.failed(std::move(fault), tried_by_child, announced, at, now());
  const auto& known = *entry->recovery.fault();
  if (found.is_new) {
    log_.warning("consumer failed", {{"consumer_id", entry->id().value},
                                     {"code", std::string(to_string(known.code))},
                                     {"source", to_string(known.source)},
                                     {"reason", known.message}});
    entry->events->add(event_kind::failed, known.message, known.code, known.source);
  }
  entry->move_to(consumer_state::error, log_);
  if (found.gave_up) gave_up(*entry);
  entry->changed();
  actions_.reconcile(entry);
}

void consumer_faults::gave_up(const consumer_entry& entry) {
  const auto& fault = *entry.recovery.fault();
  const auto reason = entry.recovery.why_final();
  entry.events->add(event_kind::gave_up, gave_up_text + (": " + reason), fault.code, fault.source);
  log_.error(gave_up_text, {{"consumer_id", entry.id().value}, {"reason", reason}});
}

void consumer_faults::attempt(const entry_ptr& entry, clock::time_point at) {
  entry->recovery.begin_attempt();
  const auto& fault = entry->recovery.fault();
  if (!entry->child) {
    count_restart(*entry);
  } else if (fault && mended_by_restart(fault->code)) {
    count_restart(*entry);
    entry->child->to_be_replaced = true;
  } else {
    actions_.retry(*entry);
    if (fault && !entry->recovery.announce_attempt(at, now())) gave_up(*entry);
  }
  entry->changed();
  actions_.reconcile(entry);
}

void consumer_faults::count_restart(consumer_entry& entry) {
  ++entry.restarts;
  if (entry.measured) entry.measured->restarted();
  entry.events->add(event_kind::restarted,
                    "attempt " + std::to_string(entry.recovery.attempts()) + ": the consumer is started again");
}

void consumer_faults::start_again(const entry_ptr& entry) {
  const auto fault = entry->recovery.fault();
  forget(*entry);
  if (entry->child && fault) {
    if (fault->source.is_kafka() && mended_by_restart(fault->code)) {
      entry->child->to_be_replaced = true;
    } else {
      actions_.retry(*entry);
    }
  }
  actions_.reconcile(entry);
}

void consumer_faults::recovered(consumer_entry& entry, clock::time_point at) {
  if (entry.recovery.healthy(at)) {
    log_.info("consumer recovered", {{"consumer_id", entry.id().value}});
    entry.events->add(event_kind::recovered, "the consumer is well again");
    entry.changed();
  }
  entry.move_to(entry.child->seen->paused ? consumer_state::paused : consumer_state::running, log_);
}

void consumer_faults::forget(consumer_entry& entry) {
  entry.recovery.forget();
  if (entry.state.now() == consumer_state::error)
    entry.move_to(entry.child ? consumer_state::starting : consumer_state::stopped, log_);
  entry.changed();
}

void consumer_faults::look_after(const entry_ptr& entry, clock::time_point at, bool may_start) {
  if (may_start && entry->recovery.is_due(at)) attempt(entry, at);
  if (!entry->child) return;
  if (entry->drains()) {
    watch_ending(*entry, at);
  } else {
    watch_running(entry, at);
  }
}

/// A consumer never blocks. One that does not respond is stuck in a call that does not return, or no thread is free for
/// it because others are stuck; the supervisor can only wait. A consumer that responds again is asked how it is doing.
void consumer_faults::watch_running(const entry_ptr& entry, clock::time_point at) {
  const auto quiet = standstill_.watched(entry->child->beats->last(), at);
  if (quiet >= child_patience) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(quiet).count();
    failed(entry,
           supervisor_fault(ec::actor_stuck,
                            "the consumer has not responded for " + std::to_string(seconds) +
                                " s: all threads that run consumers are busy, for example with files on a disk that "
                                "hangs; it goes on when a thread is free"),
           at);
  } else if (is_stuck(entry->recovery.fault())) {
    actions_.retry(*entry);
  }
}

/// An end has its bound, so one that takes longer hangs. The process cannot get rid of it.
void consumer_faults::watch_ending(consumer_entry& entry, clock::time_point at) {
  const auto& child = *entry.child;
  if (standstill_.watched(*child.draining_since, at) < child.stop_timeout + ending_patience) return;
  if (is_stuck(entry.recovery.fault())) return;
  auto fault = supervisor_fault(
      ec::actor_stuck,
      "the consumer was told to end and has not, long after its stop_timeout_ms: a call that it makes does not return; "
      "restart this server if it does not end by itself");
  log_.error("a consumer does not end", {{"consumer_id", entry.id().value}});
  entry.events->add(event_kind::failed, fault.message, fault.code, fault.source);
  entry.recovery.hangs(std::move(fault));
  entry.changed();
}

}  // namespace kfs
