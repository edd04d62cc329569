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
      turns_([self](const consumer_id& id) { self->send(self, turn_atom::value, id); }),
      children_(self, environment_),
      faults_(environment_.log, {.reconcile = [this](const entry_ptr& entry) { reconcile(entry); },
                                 .retry = [this](const consumer_entry& entry) { children_.retry(entry); }}),
      store_(self, environment_.store, environment_.log, loaded_,
             {.loaded = [this](const consumer_spec_list& specs) { loaded(specs); }, .lost = [this] { stand_by(); }}),
      recall_(self, environment_.store, environment_.log),
      loading_({.environment = environment_,
                .entries = entries_,
                .in_turn = turns_,
                .faults = faults_,
                .store = store_,
                .recall = recall_,
                .reconcile = [this](const entry_ptr& entry) { reconcile(entry); }}),
      commands_({.self = self,
                 .environment = environment_,
                 .entries = entries_,
                 .in_turn = turns_,
                 .faults = faults_,
                 .store = store_,
                 .reconcile = [this](const entry_ptr& entry) { reconcile(entry); },
                 .why_refused = [this] { return why_refused(); }}) {
  if (loaded_) session_.begin(self_->clock().now());
  for (const auto& spec : stored.value_or(std::vector<consumer_spec>{})) loading_.adopt(spec);
  owned_.listen([weak = caf::actor_cast<caf::weak_actor_ptr>(self)](const std::optional<consumer_id>&) {
    if (const auto to = caf::actor_cast<supervisor_front>(weak)) caf::anon_send(to, owned_atom::value);
  });
}

void supervisor::start() {
  for (const auto& entry : entries_.all()) reconcile(entry);
  ticked();
}

// Making it so -------------------------------------------------------------------------------------------------------

/// All instances of a consumer are one child, which runs where instance 0 belongs.
bool supervisor::shall_run(const consumer_entry& entry) const {
  return loaded_ && !entry.removed && entry.wanted->target == target_state::started &&
         owned_.owns(entry.id(), 0, self_->clock().now());
}

void supervisor::reconcile(const entry_ptr& entry) {
  const bool wanted = shall_run(*entry);
  switch (decide({.wanted = wanted && !shutting_down_,
                  .runs = entry->child.has_value(),
                  .drains = entry->drains(),
                  .outdated = entry->outdated(),
                  .waits = entry->recovery.waits(),
                  .gave_up = entry->recovery.gave_up()})) {
    case next_step::drain:
      return children_.drain(*entry);
    case next_step::wait:
      return;
    case next_step::start:
      children_.start(entry);
      return settled(entry);
    case next_step::none:
      if (!entry->child && !wanted) entry->move_to(consumer_state::stopped, environment_.log);
      return settled(entry);
  }
}

/// What runs is what is wanted.
void supervisor::settled(const entry_ptr& entry) {
  const auto waiting = std::exchange(entry->when_settled, {});
  for (const auto& tell : waiting) tell(*entry);
  if (!entry->removed || entry->child) return;
  environment_.changes->close(entry->id());
  entries_.erase(*entry);
}

void supervisor::child_ended(const caf::actor_addr& address, const caf::error& reason) {
  const auto entry = children_.ended(address);
  if (!entry) return;
  const bool wanted = shall_run(*entry);
  if (!wanted) entry->recovery.forget_fault();  // that its end took long
  if (entry->drains()) {
    const bool faulty = wanted && entry->recovery.fault();
    entry->move_to(faulty ? consumer_state::error : consumer_state::stopped, environment_.log);
    reconcile(entry);
  } else {
    auto why = from_caf(reason);
    if (!reason) why = {ec::actor_died, "the consumer's actor ended although nobody asked it to"};
    faults_.died(entry, std::move(why), self_->clock().now());
  }
  finish_if_drained();
}

void supervisor::observed(const consumer_id& id, std::uint64_t incarnation, const observation_ptr& seen) {
  const auto entry = entries_.find_any(id);
  if (!entry || !entry->child || entry->child->incarnation != incarnation) return;
  faults_.observed(entry, seen, self_->clock().now());
}

void supervisor::ticked() {
  const auto at = self_->clock().now();
  faults_.came_round(at);
  for (const auto& entry : entries_.all()) faults_.look_after(entry, at, !shutting_down_);
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
  ownership_changed();
}

/// Another replica has the store and runs the consumers, or is about to. What it finds out about their destinations
/// counts when this one takes over again: it is in the store by then.
void supervisor::stand_by() {
  session_.end();
  if (!std::exchange(loaded_, false)) return;
  environment_.log.warning("another replica runs the consumers; those of this one are stopped");
  for (const auto& entry : entries_.all()) {
    if (entry->removed) continue;
    faults_.forget(*entry);
    entry->begin_ledger(environment_);
    recall_.add(*entry);
    reconcile(entry);
  }
}

void supervisor::ownership_changed() {
  for (const auto& entry : entries_.all()) {
    if (entry->removed) continue;
    if (!shall_run(*entry)) faults_.forget(*entry);
    entry->changed();
    reconcile(entry);
  }
}

// Telling ------------------------------------------------------------------------------------------------------------

caf::result<consumer_views> supervisor::list() {
  if (!loaded_) return to_caf(store_.why_unknown());
  auto views = std::make_shared<std::vector<consumer_view_ptr>>();
  for (const auto& entry : entries_.oldest_first()) views->push_back(entry->view(environment_.replica));
  return consumer_views(std::move(views));
}

caf::result<consumer_view_ptr> supervisor::get(const consumer_id& id) {
  if (!loaded_) return to_caf(store_.why_unknown());
  const auto entry = entries_.find(id);
  if (!entry) return to_caf({ec::not_found, "Consumer " + id.value + " not found"});
  if (!entry->child || !entry->child->seen) return entry->view(environment_.replica);
  // A child tells only what has changed; each of its beats shows that what it told last still holds.
  auto view = std::make_shared<consumer_view>(*entry->view(environment_.replica));
  const auto since = self_->clock().now() - entry->child->beats->last();
  view->observed_at = std::max(*view->observed_at, now() - std::chrono::floor<std::chrono::milliseconds>(since));
  return consumer_view_ptr(std::move(view));
}

caf::result<consumer_events> supervisor::events(const consumer_id& id, std::uint64_t after) {
  if (!loaded_) return to_caf(store_.why_unknown());
  const auto entry = entries_.find(id);
  if (!entry) return to_caf({ec::not_found, "Consumer " + id.value + " not found"});
  return consumer_events(std::make_shared<const std::vector<consumer_event>>(entry->events->after(after)));
}

void supervisor::drain(const done_answer& answer) {
  shutting_down_ = true;
  store_.stop_loading();
  drained_.push_back(answer);
  for (const auto& entry : entries_.all())
    if (entry->child) reconcile(entry);
  finish_if_drained();
}

void supervisor::finish_if_drained() {
  if (!shutting_down_ || !children_.empty()) return;
  environment_.changes->close_all();
  for (const auto& answer : std::exchange(drained_, {})) answer.give(done{});
}

}  // namespace kfs
