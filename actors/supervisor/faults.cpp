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

void consumer_faults::observed(const entry_ptr& entry, const instance_ptr& instance, observation_ptr seen,
                               clock::time_point at) {
  instance->child->seen = std::move(seen);
  instance->child->seen_at = now();
  entry->changed(*instance);
  if (instance->drains()) return;
  if (const auto& fault = instance->child->seen->fault) {
    failed(entry, instance, *fault, at);
  } else if (instance->child->seen->healthy) {
    recovered(*entry, *instance, at);
  }
}

void consumer_faults::died(const entry_ptr& entry, const instance_ptr& instance, error why, clock::time_point at) {
  failed(entry, instance, supervisor_fault(why.code, std::move(why.message)), at);
}

void consumer_faults::failed(const entry_ptr& entry, const instance_ptr& instance, fault_report fault,
                             clock::time_point at) {
  // A processor tries again by itself and says when; everything else is tried again from here.
  const bool tried_by_child = instance->child && fault.source.is_processor();
  const auto announced = instance->child && instance->child->seen ? instance->child->seen->recovery : std::nullopt;
  fault.message = entry->about(*instance, std::move(fault.message));
  const auto found = instance->recovery.failed(std::move(fault), tried_by_child, announced, at, now());
  const auto& known = *instance->recovery.fault();
  if (found.is_new) {
    log_.warning("consumer failed", {{"consumer_id", entry->id().value},
                                     {"code", std::string(to_string(known.code))},
                                     {"source", to_string(known.source)},
                                     {"reason", known.message}});
    entry->events->add(event_kind::failed, known.message, known.code, known.source);
  }
  entry->move_to(*instance, consumer_state::error, log_);
  if (found.gave_up) gave_up(*entry, *instance);
  entry->changed(*instance);
  actions_.reconcile(entry);
}

void consumer_faults::gave_up(const consumer_entry& entry, const consumer_instance& instance) {
  const auto& fault = *instance.recovery.fault();
  const auto reason = instance.recovery.why_final();
  const auto text = entry.about(instance, gave_up_text);
  entry.events->add(event_kind::gave_up, text + ": " + reason, fault.code, fault.source);
  log_.error(text, {{"consumer_id", entry.id().value}, {"reason", reason}});
}

void consumer_faults::attempt(const entry_ptr& entry, const instance_ptr& instance, clock::time_point at) {
  instance->recovery.begin_attempt();
  const auto& fault = instance->recovery.fault();
  if (!instance->child) {
    count_restart(*entry, *instance);
  } else if (fault && mended_by_restart(fault->code)) {
    count_restart(*entry, *instance);
    instance->child->to_be_replaced = true;
  } else {
    actions_.retry(*instance);
    if (fault && !instance->recovery.announce_attempt(at, now())) gave_up(*entry, *instance);
  }
  entry->changed(*instance);
  actions_.reconcile(entry);
}

void consumer_faults::count_restart(consumer_entry& entry, consumer_instance& instance) {
  ++instance.restarts;
  if (entry.measured) entry.measured->restarted();
  const auto attempt = "attempt " + std::to_string(instance.recovery.attempts());
  entry.events->add(event_kind::restarted, entry.about(instance, attempt + ": the consumer is started again"));
}

void consumer_faults::start_again(const entry_ptr& entry) {
  for (const auto& instance : entry->all()) {
    const auto fault = instance->recovery.fault();
    forget(*entry, *instance);
    if (!instance->child || !fault) continue;
    if (fault->source.is_kafka() && mended_by_restart(fault->code)) {
      instance->child->to_be_replaced = true;
    } else {
      actions_.retry(*instance);
    }
  }
  actions_.reconcile(entry);
}

void consumer_faults::recovered(consumer_entry& entry, consumer_instance& instance, clock::time_point at) {
  if (instance.recovery.healthy(at)) {
    log_.info("consumer recovered", {{"consumer_id", entry.id().value}, {"instance", std::to_string(instance.number)}});
    entry.events->add(event_kind::recovered, entry.about(instance, "the consumer is well again"));
    entry.changed(instance);
  }
  const bool waits = instance.child->seen->waiting;
  entry.move_to(instance, waits ? consumer_state::waiting : consumer_state::running, log_);
}

void consumer_faults::forget(consumer_entry& entry) {
  for (const auto& instance : entry.all()) forget(entry, *instance);
}

void consumer_faults::forget(consumer_entry& entry, consumer_instance& instance) {
  instance.recovery.forget();
  if (instance.state.now() == consumer_state::error)
    entry.move_to(instance, instance.child ? consumer_state::starting : consumer_state::stopped, log_);
  entry.changed(instance);
}

void consumer_faults::look_after(const entry_ptr& entry, const instance_ptr& instance, clock::time_point at,
                                 bool may_start) {
  if (may_start && instance->recovery.is_due(at)) attempt(entry, instance, at);
  if (!instance->child) return;
  if (instance->drains()) {
    watch_ending(*entry, *instance, at);
  } else {
    watch_running(entry, instance, at);
  }
}

/// A consumer never blocks. One that does not respond is stuck in a call that does not return, or no thread is free for
/// it because others are stuck; the supervisor can only wait. A consumer that responds again is asked how it is doing.
void consumer_faults::watch_running(const entry_ptr& entry, const instance_ptr& instance, clock::time_point at) {
  const auto quiet = standstill_.watched(instance->child->beats->last(), at);
  if (quiet >= child_patience) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(quiet).count();
    failed(entry, instance,
           supervisor_fault(ec::actor_stuck,
                            "the consumer has not responded for " + std::to_string(seconds) +
                                " s: all threads that run consumers are busy, for example with files on a disk that "
                                "hangs; it goes on when a thread is free"),
           at);
  } else if (is_stuck(instance->recovery.fault())) {
    actions_.retry(*instance);
  }
}

/// An end has its bound, so one that takes longer hangs. The process cannot get rid of it.
void consumer_faults::watch_ending(consumer_entry& entry, consumer_instance& instance, clock::time_point at) {
  const auto& child = *instance.child;
  if (standstill_.watched(*child.draining_since, at) < child.stop_timeout + ending_patience) return;
  if (is_stuck(instance.recovery.fault())) return;
  auto fault = supervisor_fault(
      ec::actor_stuck,
      entry.about(instance,
                  "the consumer was told to end and has not, long after its stop_timeout_ms: a call that it makes does "
                  "not return; restart this server if it does not end by itself"));
  log_.error("a consumer does not end", {{"consumer_id", entry.id().value}});
  entry.events->add(event_kind::failed, fault.message, fault.code, fault.source);
  instance.recovery.hangs(std::move(fault));
  entry.changed(instance);
}

}  // namespace kfs
