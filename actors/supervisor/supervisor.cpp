#include "actors/supervisor/supervisor.hpp"

#include <algorithm>
#include <utility>

namespace kfs {
namespace {

/// The topic that is read, not one that a processor needs.
bool lost_its_topic(const std::optional<fault_report>& fault) {
  return fault && fault->code == ec::topic_missing && !fault->of_processor();
}

}  // namespace

supervisor::supervisor(supervisor_actor::pointer self, supervisor_environment environment,
                       std::optional<std::vector<consumer_spec>> stored)
    : self_(self), environment_(std::move(environment)), in_charge_(stored.has_value()), reload_(!in_charge_) {
  if (!in_charge_) store_fault_ = why_not_in_charge();
  for (auto& spec : std::move(stored).value_or(std::vector<consumer_spec>{}))
    adopt(std::make_shared<const consumer_spec>(std::move(spec)), event_kind::loaded);
}

void supervisor::start() {
  for (auto& [id, which] : entries_) reconcile(which);
  ticked();
}

supervisor::entry& supervisor::adopt(consumer_spec_ptr spec, event_kind how) {
  const auto seed = std::hash<consumer_id>{}(spec->id);
  const auto options = typed_options(spec->options, environment_.policies);
  auto events = std::make_shared<event_log>();
  events->add(how, how == event_kind::created ? "the consumer was created" : "the consumer was loaded from the store");
  oldest_first_.emplace(std::pair(spec->created_at, spec->id.value), spec->id);
  auto measured = environment_.measured.of_consumer(*spec);
  return entries_
      .insert_or_assign(spec->id, entry{.wanted = spec,
                                        .options = options,
                                        .events = std::move(events),
                                        .state = {},
                                        .running = {},
                                        .policy = restart_policy(options.recovery, seed),
                                        .measured = std::move(measured),
                                        .refusals = std::make_shared<rejection_ledger>(),
                                        .seen = {},
                                        .seen_at = {},
                                        .status_since = now(),
                                        .fault = {},
                                        .recovery = {},
                                        .next_attempt = {},
                                        .draining_since = {},
                                        .when_settled = {},
                                        .view = {}})
      .first->second;
}

/// The consumer of that id, unless it is on its way out.
supervisor::entry* supervisor::find(const consumer_id& id) {
  const auto found = entries_.find(id);
  return found == entries_.end() || found->second.removed ? nullptr : &found->second;
}

void supervisor::replace_wanted(entry& which, consumer_spec_ptr wanted) {
  if (which.wanted->rev != wanted->rev) {
    which.options = typed_options(wanted->options, environment_.policies);
    which.policy = restart_policy(which.options.recovery, std::hash<consumer_id>{}(wanted->id));
    which.measured = environment_.measured.of_consumer(*wanted);
    which.refusals = std::make_shared<rejection_ledger>();
  }
  which.wanted = std::move(wanted);
  changed(which);
}

// Making it so -------------------------------------------------------------------------------------------------------

bool supervisor::shall_run(const entry& which) const {
  return in_charge_ && !which.removed && which.wanted->target == target_state::started;
}

/// What is wrong stays said until health is observed, also while a failing consumer is being replaced.
consumer_status supervisor::status_of(const entry& which) const {
  const bool hangs = which.fault && which.state.now() == consumer_state::draining;
  if (hangs || (which.fault && shall_run(which))) return consumer_status::error;
  return which.state.now() == consumer_state::stopped ? consumer_status::inactive : consumer_status::active;
}

bool supervisor::outdated(const entry& which) {
  return which.running && (which.restart || which.running->spec->rev != which.wanted->rev);
}

void supervisor::reconcile(entry& which) {
  if (which.running && (shutting_down_ || !shall_run(which) || outdated(which))) {
    drain_child(which);
  } else if (!which.running && shall_run(which) && !shutting_down_ && which.state.now() != consumer_state::error) {
    spawn_child(which);
    settled(which);
  } else {
    if (!which.running && !shall_run(which)) move(which, consumer_state::stopped);
    settled(which);
  }
}

void supervisor::spawn_child(entry& which) {
  const auto incarnation = ++incarnations_;
  const auto id = which.wanted->id;
  // Observations travel as messages, so that they are looked at in the supervisor's own thread.
  auto observe = [to = supervisor_actor(self_), id, incarnation](observation_ptr seen) {
    caf::anon_send(to, observed_atom::value, id, incarnation, std::move(seen));
  };
  auto beats = std::make_shared<pulse>(static_cast<std::size_t>(which.options.instances), self_->clock().now());
  const auto handle = environment_.start_consumer(self_->system(), {.spec = which.wanted,
                                                                    .options = which.options,
                                                                    .observe = std::move(observe),
                                                                    .clients = environment_.clients,
                                                                    .sinks = environment_.sinks,
                                                                    .measured = which.measured,
                                                                    .log = environment_.log,
                                                                    .topic_was_missing = lost_its_topic(which.fault),
                                                                    .refusals = which.refusals,
                                                                    .events = which.events,
                                                                    .beats = beats});
  self_->monitor(handle);
  children_.emplace(handle.address(), id);
  which.running = child{handle, incarnation, which.wanted, std::move(beats), which.options.stop_timeout};
  which.seen.reset();
  which.seen_at.reset();
  which.restart = false;
  // After an error only observed health is health.
  if (which.state.now() != consumer_state::error) move(which, consumer_state::starting);
  changed(which);
}

void supervisor::drain_child(entry& which) {
  if (which.state.now() == consumer_state::draining) return;
  move(which, consumer_state::draining);
  which.draining_since = self_->clock().now();
  // Its end is what counts, and is noticed by monitoring it; the answer says nothing more.
  self_->request(which.running->handle, caf::infinite, drain_atom::value).then([](done) {}, [](const caf::error&) {});
}

void supervisor::settled(entry& which) {
  for (const auto& tell : std::exchange(which.when_settled, {})) tell(which);
  if (!which.removed || which.running) return;
  const auto id = which.wanted->id;
  oldest_first_.erase({which.wanted->created_at, id.value});
  which.events->close();
  entries_.erase(id);
  next_turn(id);
}

void supervisor::child_ended(const caf::actor_addr& who, const caf::error& reason) {
  const auto known = children_.find(who);
  if (known == children_.end()) return;
  const auto id = known->second;
  children_.erase(known);
  auto& which = entries_.at(id);
  which.running.reset();
  which.seen.reset();
  which.seen_at.reset();
  which.draining_since.reset();
  if (!shall_run(which)) which.fault.reset();  // that its end took long
  if (which.state.now() == consumer_state::draining) {
    // Drained for a stop, for another configuration, to be tried again, or given up.
    move(which, which.fault && shall_run(which) ? consumer_state::error : consumer_state::stopped);
    if (shall_run(which) && !which.gave_up && !shutting_down_) spawn_child(which);
    settled(which);
  } else {
    auto why = from_caf(reason);
    if (!reason) why = {ec::actor_died, "the consumer's actor ended although nobody asked it to"};
    failed(which, {.code = why.code, .message = why.message, .source = supervisor_source, .at = now(), .attempts = 0});
    settled(which);
  }
  finish_if_drained();
}

// Telling ------------------------------------------------------------------------------------------------------------

consumer_view_ptr supervisor::view_of(entry& which) {
  if (which.view) return which.view;
  auto view = std::make_shared<consumer_view>();
  view->spec = which.wanted;
  view->status = status_of(which);
  view->replica = environment_.replica;
  view->last_error = which.fault;
  view->recovery = which.recovery;
  view->state = which.state.now();
  view->status_since = which.status_since;
  if (which.running) view->observed = which.running->spec->rev;
  view->observed_at = which.seen_at;
  view->restarts = which.restarts;
  view->policies = {which.options.recovery, which.options.on_error};
  view->events = which.events;
  if (which.seen) {
    view->members = which.seen->members;
    view->partitions = which.seen->partitions;
    view->processors = which.seen->processors;
  }
  which.view = std::move(view);
  return which.view;
}

void supervisor::changed(entry& which) {
  which.view.reset();
  const auto status = status_of(which);
  if (std::exchange(which.status, status) != status) which.status_since = now();
}

void supervisor::drain(const done_answer& answer) {
  shutting_down_ = true;
  drained_.push_back(answer);
  for (auto& [id, which] : entries_) {
    if (which.running) drain_child(which);
  }
  finish_if_drained();
}

void supervisor::finish_if_drained() {
  if (!shutting_down_ || !children_.empty()) return;
  for (const auto& [id, which] : entries_) which.events->close();
  for (const auto& answer : std::exchange(drained_, {})) answer.give(done{});
}

}  // namespace kfs
