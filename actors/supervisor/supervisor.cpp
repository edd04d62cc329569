#include "actors/supervisor/supervisor.hpp"

#include <algorithm>
#include <utility>

#include "actors/supervisor/core/next_step.hpp"

namespace kfs {

supervisor::supervisor(supervisor_front::pointer self, supervisor_environment environment,
                       std::optional<std::vector<consumer_spec>> stored)
    : self_(self),
      environment_(std::move(environment)),
      loaded_(stored.has_value()),
      session_(environment_.replica),
      owned_(environment_.owned ? *environment_.owned : session_),
      entries_(environment_.kept),
      turns_([self](const consumer_id& id) { self->send(self, turn_atom::value, id); }),
      children_(self, environment_),
      faults_(environment_.log, {.reconcile = [this](const entry_ptr& entry) { reconcile(entry); },
                                 .retry = [this](const consumer_instance& one) { children_.retry(one); }}),
      store_(self, environment_.store, environment_.log, loaded_,
             {.load = environment_.look_at_store,
              .loaded = [this](const consumer_spec_list& specs) { loaded(specs); },
              .lost = [this] { stand_by(); },
              .answers = [this](bool yes) { environment_.measured.store_answers(yes); }}),
      recall_(self, environment_.store, environment_.log),
      sharing_(environment_, owned_, entries_),
      loading_({.self = self,
                .environment = environment_,
                .entries = entries_,
                .in_turn = turns_,
                .faults = faults_,
                .store = store_,
                .recall = recall_,
                .reconcile = [this](const entry_ptr& entry) { reconcile(entry); },
                .forget = [this](const entry_ptr& entry) { forget(entry); }}),
      commands_({.self = self,
                 .environment = environment_,
                 .entries = entries_,
                 .in_turn = turns_,
                 .faults = faults_,
                 .store = store_,
                 .reconcile = [this](const entry_ptr& entry) { reconcile(entry); },
                 .why_refused = [this] { return why_refused(); },
                 .refresh = refresher()}) {
  if (loaded_) session_.begin(self_->clock().now());
  for (const auto& spec : stored.value_or(std::vector<consumer_spec>{})) loading_.adopt(spec);
  owned_.listen([weak = caf::actor_cast<caf::weak_actor_ptr>(self)](const std::optional<consumer_id>& which) {
    if (const auto to = caf::actor_cast<supervisor_front>(weak))
      caf::anon_send(to, owned_atom::value, which.value_or(consumer_id{}));
  });
}

std::function<void(const consumer_id&, std::function<void(const std::optional<error>&)>)> supervisor::refresher() {
  if (!environment_.report) return nullptr;
  return [this](const consumer_id& id, std::function<void(const std::optional<error>&)> then) {
    loading_.refresh(id, std::move(then));
  };
}

void supervisor::start() {
  for (const auto& entry : entries_.all()) reconcile(entry);
  ticked();
}

// Making it so -------------------------------------------------------------------------------------------------------

bool supervisor::shall_run(const consumer_entry& entry, const consumer_instance& instance) const {
  return loaded_ && !entry.removed && entry.wanted->target == target_state::started && entry.is_wanted(instance) &&
         owned_.owns(entry.id(), instance.number, self_->clock().now());
}

void supervisor::reconcile(const entry_ptr& entry) {
  bool rests = true;
  for (const auto& instance : entry->all()) rests = reconcile(entry, instance) && rests;
  if (rests) settled(entry);
}

/// Returns whether what runs here of the instance is what is wanted.
bool supervisor::reconcile(const entry_ptr& entry, const instance_ptr& instance) {
  if (sharing_.look_at_owner(*entry, *instance, self_->clock().now())) entry->changed(*instance);
  const bool wanted = shall_run(*entry, *instance);
  switch (decide({.wanted = wanted && !shutting_down_,
                  .runs = instance->child.has_value(),
                  .drains = instance->drains(),
                  .outdated = instance->outdated(*entry->wanted),
                  .waits = instance->recovery.waits(),
                  .gave_up = instance->recovery.gave_up()})) {
    case next_step::drain:
      children_.drain(*entry, *instance,
                      sharing_.departure_of(*entry, *instance, shutting_down_, self_->clock().now()));
      return false;
    case next_step::wait:
      return false;
    case next_step::start:
      instance->held_back = !children_.may_start(self_->clock().now());
      if (instance->held_back) {
        held_back_.insert(entry->id());
        return false;
      }
      children_.start(entry, instance);
      break;
    case next_step::none:
      if (!instance->child && !wanted) entry->move_to(*instance, consumer_state::stopped, environment_.log);
      break;
  }
  if (instance->child && !children_.tell_paused(entry, instance, [this, entry] { reconcile(entry); })) return false;
  if (instance->shared && !instance->child) sharing_.give_back(entry->id(), instance->number);
  if (std::exchange(instance->made_so, entry->change) != entry->change) {
    instance->to_report = true;
    // A command that came through another replica waits for it.
    if (instance->owned) sharing_.report_what_changed({entry}, self_->clock().now());
  }
  return true;
}

/// Starts what had to wait for other starts.
void supervisor::start_held_back() {
  while (!held_back_.empty() && children_.may_start(self_->clock().now())) {
    const auto entry = entries_.find_any(*held_back_.begin());
    held_back_.erase(held_back_.begin());
    if (entry) reconcile(entry);
  }
}

/// Here, what runs is what is wanted. Others may still follow.
void supervisor::settled(const entry_ptr& entry) {
  for (const auto& [number, instance] : entry->instances) {
    if (sharing_.is_made_so(*entry, *instance)) continue;
    if (!entry->when_settled.empty()) sharing_.look_again(*entry, *instance);
    return;
  }
  for (const auto& [number, instance] : entry->instances)
    if (sharing_.has_to_leave(*entry, *instance, self_->clock().now())) children_.leave_group(*instance);
  entry->drop_surplus();
  if (entry->shared && entry->is_elsewhere()) entry->measured.reset();
  const auto waiting = std::exchange(entry->when_settled, {});
  for (const auto& tell : waiting) tell(*entry);
  if (entry->removed && !entry->runs_here() && entries_.find_any(entry->id()) == entry) forget(entry);
}

/// Whoever still waits for the end of a removed consumer waits for other replicas, and it exists no more.
void supervisor::forget(const entry_ptr& entry) {
  for (const auto& tell : std::exchange(entry->when_settled, {})) tell(*entry);
  environment_.changes->close(entry->id());
  loading_.gone(*entry);
  entries_.erase(*entry);
}

void supervisor::child_ended(const caf::actor_addr& address, const caf::error& reason) {
  const auto ended = children_.ended(address);
  if (!ended) return;
  const auto& [entry, instance] = *ended;
  const bool wanted = shall_run(*entry, *instance);
  if (!wanted) instance->recovery.forget_fault();  // that its end took long
  if (instance->drains()) {
    const bool faulty = wanted && instance->recovery.fault();
    entry->move_to(*instance, faulty ? consumer_state::error : consumer_state::stopped, environment_.log);
    reconcile(entry);
  } else {
    auto why = from_caf(reason);
    if (!reason) why = {ec::actor_died, "the consumer's actor ended although nobody asked it to"};
    faults_.died(entry, instance, std::move(why), self_->clock().now());
  }
  finish_if_drained();
}

void supervisor::observed(const consumer_id& id, std::uint64_t incarnation, const observation_ptr& seen) {
  const auto entry = entries_.find_any(id);
  const auto instance = entry ? entry->running(incarnation) : nullptr;
  if (!instance) return;
  faults_.observed(entry, instance, seen, self_->clock().now());
  if (!seen->healthy && !seen->fault) return;  // it has not connected yet
  children_.has_started(incarnation);
  start_held_back();
}

void supervisor::ticked() {
  const auto at = self_->clock().now();
  faults_.came_round(at);
  for (const auto& entry : entries_.all()) {
    for (const auto& instance : entry->all()) {
      faults_.look_after(entry, instance, at, !shutting_down_);
      if (!entry->shared) continue;
      if (instance->child && !instance->drains() && !owned_.owns(entry->id(), instance->number, at)) ask_owner(entry);
      sharing_.note_absence(*entry, *instance, at);
    }
    if (entry->shared && !entry->when_settled.empty() && entry->is_partly_elsewhere()) reconcile(entry);
  }
  start_held_back();
  loading_.ticked();
  sharing_.report_what_changed(entries_.all(), at);
  store_.ticked(at);
  if (!store_.fault()) recall_.ticked(at);
  self_->delayed_send(self_, tick_interval, tick_atom::value);
}

// Who runs consumers -------------------------------------------------------------------------------------------------

std::optional<error> supervisor::why_refused() const {
  if (shutting_down_) return error{ec::shutting_down, "this replica is shutting down; ask again"};
  if (!loaded_) return store_.why_unknown();
  return std::nullopt;
}

void supervisor::loaded(const consumer_spec_list& stored) {
  const bool takes_charge = !std::exchange(loaded_, true);
  session_.begin(self_->clock().now());
  loading_.apply(stored);
  if (!takes_charge) return;
  environment_.log.info("consumers loaded", {{"consumers", std::to_string(stored->size())}});
  ownership_changed({});
}

void supervisor::wanted_changed(const wanted_changes& changes) {
  if (shutting_down_) return;
  const bool first = !std::exchange(loaded_, true);
  loading_.apply(changes);
  if (!first) return;
  environment_.log.info("consumers loaded", {{"consumers", std::to_string(changes.all.size())}});
  store_.known();
  ownership_changed({});
}

void supervisor::told(const std::vector<instance_report>& reports) {
  for (const auto& entry : sharing_.told(reports)) reconcile(entry);
}

/// A replica that has not loaded what is wanted shows nothing of it yet. While a command runs, nothing else changes
/// what it began with, so the change has its turn after it; where too many wait, the news tell of it later. A deletion
/// that waits for the consumer's end does not need that.
void supervisor::stored_elsewhere(const consumer_id& id, change_number number, const done_answer& answer) {
  if (!loaded_ || !environment_.report) return answer.give(done{});
  const auto learn = [this, id, number, answer](const turns::turn& held) {
    if (const auto known = entries_.find(id); known && known->change >= number.value) return answer.give(done{});
    loading_.refresh(id, [held, answer](const std::optional<error>& failed) {
      if (failed) return answer.refuse(*failed);
      answer.give(done{});
    });
  };
  if (!entries_.find(id)) return learn({});
  if (!turns_.take(id, learn)) answer.give(done{});
}

/// An older version of the server has the store and runs the consumers. What it finds out about their destinations
/// counts when this one takes over again: it is in the store by then. Where replicas have leases, nobody gets any then.
void supervisor::stand_by() {
  if (environment_.report) return;
  session_.end();
  if (!std::exchange(loaded_, false)) return;
  environment_.kept->forget_all();
  environment_.log.warning("another replica runs the consumers; those of this one are stopped");
  for (const auto& entry : entries_.all()) {
    if (entry->removed) continue;
    faults_.forget(*entry);
    entry->begin_ledger(environment_);
    recall_.add(*entry);
    reconcile(entry);
  }
}

void supervisor::ownership_changed(const consumer_id& id) {
  if (id.value.empty()) {
    for (const auto& entry : entries_.all()) ask_owner(entry);
  } else if (const auto entry = entries_.find_any(id)) {
    ask_owner(entry);
  } else {
    for (const auto instance : owned_.instances_held(id)) sharing_.give_back(id, instance);  // it was deleted
  }
}

/// The ledger of an instance that comes from another replica may know less than that one has stored.
void supervisor::ask_owner(const entry_ptr& entry) {
  const auto at = self_->clock().now();
  for (const auto number : owned_.instances_held(entry->id())) (void)entry->instance(number);
  bool comes = false;
  for (const auto& instance : entry->all()) {
    const bool had = std::exchange(instance->owned, owned_.tenure(entry->id(), instance->number).has_value());
    sharing_.look_at_owner(*entry, *instance, at);
    comes |= instance->owned && !had && instance->shared && !instance->child;
    if (!entry->removed && !shall_run(*entry, *instance)) faults_.forget(*entry, *instance);
    sharing_.note_absence(*entry, *instance, at);
  }
  if (comes) {
    if (!entry->runs_here()) entry->begin_ledger(environment_);
    recall_.add(*entry);
  }
  entry->changed();
  reconcile(entry);
}

// Telling ------------------------------------------------------------------------------------------------------------

caf::result<consumer_views> supervisor::list() {
  if (!loaded_) return to_caf(store_.why_unknown());
  auto views = std::make_shared<std::vector<consumer_view_ptr>>();
  for (const auto& entry : entries_.oldest_first()) views->push_back(entry->view());
  const consumer_views all = std::move(views);
  environment_.kept->keep(all);
  return all;
}

/// A copy, as children tell only what has changed.
consumer_view_ptr supervisor::as_seen_now(consumer_entry& entry) const {
  const auto shown = entry.view();
  environment_.kept->keep(shown);
  const auto seen = entry.observed_at(self_->clock().now());
  if (seen == shown->observed_at) return shown;
  auto view = std::make_shared<consumer_view>(*shown);
  view->observed_at = seen;
  return view;
}

/// A consumer that another replica has just created is asked of the store.
void supervisor::get(const consumer_id& id, const owed_answer<consumer_view_ptr>& answer) {
  if (!loaded_) return answer.refuse(store_.why_unknown());
  if (const auto entry = entries_.find(id)) return answer.give(as_seen_now(*entry));
  const error unknown{ec::not_found, "Consumer " + id.value + " not found"};
  if (!environment_.report) return answer.refuse(unknown);
  loading_.refresh(id, [this, id, answer, unknown](const std::optional<error>& failed) {
    const auto entry = entries_.find(id);
    if (entry) return answer.give(as_seen_now(*entry));
    answer.refuse(failed.value_or(unknown));
  });
}

server_health supervisor::health() const {
  if (store_.fault()) return {.store_fault = store_.fault()};
  if (!loaded_) return {.store_fault = store_.why_unknown()};
  if (owned_.is_renewed(self_->clock().now())) return {};
  return {.store_fault = error{ec::lease_lost, "the lease of this replica could not be renewed in the database"}};
}

void supervisor::drain(const done_answer& answer) {
  shutting_down_ = true;
  store_.stop_loading();
  drained_.push_back(answer);
  for (const auto& entry : entries_.all())
    if (entry->runs_here()) reconcile(entry);
  finish_if_drained();
}

void supervisor::finish_if_drained() {
  if (!shutting_down_ || !children_.empty()) return;
  environment_.changes->close_all();
  for (const auto& answer : std::exchange(drained_, {})) answer.give(done{});
}

}  // namespace kfs
