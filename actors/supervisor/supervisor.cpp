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
             {.load = environment_.look_at_store,
              .loaded = [this](const consumer_spec_list& specs) { loaded(specs); },
              .lost = [this] { stand_by(); }}),
      recall_(self, environment_.store, environment_.log),
      loading_({.self = self,
                .environment = environment_,
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

/// All instances of a consumer are one child, which runs where instance 0 belongs.
bool supervisor::shall_run(const consumer_entry& entry) const {
  return loaded_ && !entry.removed && entry.wanted->target == target_state::started &&
         owned_.owns(entry.id(), 0, self_->clock().now());
}

void supervisor::reconcile(const entry_ptr& entry) {
  if (const auto owner = owned_.owner(entry->id(), 0); owner != entry->owner) {
    entry->owner = owner;
    entry->changed();
  }
  const bool wanted = shall_run(*entry);
  switch (decide({.wanted = wanted && !shutting_down_,
                  .runs = entry->child.has_value(),
                  .drains = entry->drains(),
                  .outdated = entry->outdated(),
                  .waits = entry->recovery.waits(),
                  .gave_up = entry->recovery.gave_up()})) {
    case next_step::drain:
      return children_.drain(*entry, departure_of(*entry));
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

/// Who is told to go on elsewhere stays in its group, as the same member.
departure supervisor::departure_of(const consumer_entry& entry) const {
  const bool ends_everywhere = entry.removed || entry.wanted->target == target_state::stopped;
  if (!entry.shared || ends_everywhere) return departure::leave;
  const auto held = owned_.tenure(entry.id(), 0);
  if (!held || (held->until && self_->clock().now() >= *held->until)) return departure::lost;
  return held->ending || shutting_down_ ? departure::hand_on : departure::leave;
}

/// What runs is what is wanted, as far as this replica knows; where another replica runs it, that one has told so. A
/// lease that is taken after the change was stored is taken by a replica that knows the change.
bool supervisor::is_made_so(const consumer_entry& entry) const {
  if (!entry.is_elsewhere()) return true;
  const auto owner = owned_.owner(entry.id(), 0);
  if (!owner) return owned_.seen_at() > entry.changed_at;
  return !owner->lost && entry.told && entry.told->epoch == owner->epoch && entry.told->change >= entry.change;
}

void supervisor::settled(const entry_ptr& entry) {
  if (!is_made_so(*entry)) return;
  if (entry->shared && !entry->child) {
    const auto held = owned_.tenure(entry->id(), 0);
    if (held && held->ending) owned_.vacated(entry->id(), held->epoch);
  }
  if (entry->is_elsewhere()) entry->measured.reset();
  if (std::exchange(entry->made_so, entry->change) != entry->change) entry->to_report = true;
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
  for (const auto& entry : entries_.all()) {
    faults_.look_after(entry, at, !shutting_down_);
    if (!entry->shared) continue;
    if (entry->child && !entry->drains() && !owned_.owns(entry->id(), 0, at)) ask_owner(entry);
    if (!entry->when_settled.empty() && entry->is_elsewhere()) reconcile(entry);
    note_absence(*entry, at);
  }
  loading_.ticked();
  report_what_changed(at);
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

/// What an owner told before its lease ended says nothing any more.
void supervisor::told(const std::vector<instance_report>& reports) {
  for (const auto& report : reports) {
    const auto entry = entries_.find_any(report.consumer);
    if (!entry || report.instance != 0 || (entry->told && entry->told->epoch > report.epoch)) continue;
    entry->told = report;
    if (!entry->is_elsewhere()) continue;
    entry->changed();
    reconcile(entry);
  }
}

/// At most every 250 ms; and every three seconds, so that others see that what was told still holds.
void supervisor::report_what_changed(std::chrono::steady_clock::time_point at) {
  constexpr std::chrono::seconds longest_silence{3};
  if (!environment_.report) return;
  std::vector<instance_report> reports;
  for (const auto& entry : entries_.all()) {
    if (entry->removed || !entry->owned || (!entry->to_report && at - entry->reported_at < longest_silence)) continue;
    const auto held = owned_.tenure(entry->id(), 0);
    if (!held) continue;
    entry->to_report = false;
    entry->reported_at = at;
    reports.push_back({.consumer = entry->id(),
                       .instance = 0,
                       .epoch = held->epoch,
                       .change = entry->made_so,
                       .view = as_seen_now(*entry)});
  }
  if (!reports.empty()) environment_.report(std::move(reports));
}

/// An older version of the server has the store and runs the consumers. What it finds out about their destinations
/// counts when this one takes over again: it is in the store by then. Where replicas have leases, nobody gets any then.
void supervisor::stand_by() {
  if (environment_.report) return;
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

void supervisor::ownership_changed(const consumer_id& id) {
  if (id.value.empty()) {
    for (const auto& entry : entries_.all()) ask_owner(entry);
  } else if (const auto entry = entries_.find_any(id)) {
    ask_owner(entry);
  } else if (const auto held = owned_.tenure(id, 0); held && held->ending) {
    owned_.vacated(id, held->epoch);  // it was deleted
  }
}

/// The ledger of a consumer that comes from another replica may know less than that one has stored.
void supervisor::ask_owner(const entry_ptr& entry) {
  const auto at = self_->clock().now();
  const bool had = std::exchange(entry->owned, owned_.tenure(entry->id(), 0).has_value());
  entry->owner = owned_.owner(entry->id(), 0);
  if (entry->owned && !had && entry->shared && !entry->child) {
    entry->begin_ledger(environment_);
    recall_.add(*entry);
  }
  if (!entry->removed && !shall_run(*entry)) faults_.forget(*entry);
  note_absence(*entry, at);
  entry->changed();
  reconcile(entry);
}

/// A consumer that shall run and that nobody runs is in ERROR: at once when its replica was lost, and after a while
/// when no replica takes it.
void supervisor::note_absence(consumer_entry& entry, std::chrono::steady_clock::time_point at) const {
  constexpr std::chrono::seconds longest_move{10};
  if (!entry.shared) return;
  const bool lost = entry.owner && entry.owner->lost;
  const bool runs = entry.child || (entry.owner && !lost);
  const bool wanted = !entry.removed && entry.wanted->target == target_state::started;
  if (runs || !wanted) {
    entry.unowned_since = {};
    if (std::exchange(entry.absence, std::nullopt)) entry.changed();
    return;
  }
  if (entry.unowned_since == std::chrono::steady_clock::time_point{}) entry.unowned_since = at;
  const bool blind = !owned_.is_renewed(at);
  const auto reason = blind ? std::string() : owned_.why_nobody(entry.id(), 0);
  if (entry.absence || (!lost && !blind && reason.empty() && at - entry.unowned_since < longest_move)) return;
  const auto message =
      blind  ? "this replica could not renew its lease in the database: it runs no consumer, and does not know which "
               "ones others run; it goes on when it reaches the database"
      : lost ? "the replica \"" + entry.owner->replica +
                   "\" that ran it is not heard of any more; another one takes it over"
             : "no replica runs it: " + (reason.empty() ? "none has taken it; GET /cluster says more" : reason);
  entry.absence = fault_report{.code = blind ? ec::lease_lost : ec::replica_lost,
                               .message = message,
                               .source = fault_source::of_supervisor(),
                               .at = now()};
  entry.changed();
}

// Telling ------------------------------------------------------------------------------------------------------------

caf::result<consumer_views> supervisor::list() {
  if (!loaded_) return to_caf(store_.why_unknown());
  auto views = std::make_shared<std::vector<consumer_view_ptr>>();
  for (const auto& entry : entries_.oldest_first()) views->push_back(entry->view());
  return consumer_views(std::move(views));
}

/// A child tells only what has changed; each of its beats shows that what it told last still holds.
consumer_view_ptr supervisor::as_seen_now(consumer_entry& entry) const {
  if (!entry.child || !entry.child->seen) return entry.view();
  auto view = std::make_shared<consumer_view>(*entry.view());
  const auto since = self_->clock().now() - entry.child->beats->last();
  view->observed_at = std::max(*view->observed_at, now() - std::chrono::floor<std::chrono::milliseconds>(since));
  return view;
}

/// A consumer that another replica has just created is asked of the store.
template <class Answer>
void supervisor::with_entry(const consumer_id& id, const Answer& answer, std::function<void(consumer_entry&)> found) {
  if (!loaded_) return answer.refuse(store_.why_unknown());
  if (const auto entry = entries_.find(id)) return found(*entry);
  const error unknown{ec::not_found, "Consumer " + id.value + " not found"};
  if (!environment_.report) return answer.refuse(unknown);
  loading_.refresh(id, [this, id, answer, unknown, found = std::move(found)](const std::optional<error>& failed) {
    const auto entry = entries_.find(id);
    if (entry) return found(*entry);
    answer.refuse(failed.value_or(unknown));
  });
}

void supervisor::get(const consumer_id& id, const owed_answer<consumer_view_ptr>& answer) {
  with_entry(id, answer, [this, answer](consumer_entry& entry) { answer.give(as_seen_now(entry)); });
}

void supervisor::events(const consumer_id& id, std::uint64_t after, const owed_answer<consumer_events>& answer) {
  with_entry(id, answer, [after, answer](consumer_entry& entry) {
    answer.give(consumer_events(std::make_shared<const std::vector<consumer_event>>(entry.events->after(after))));
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
    if (entry->child) reconcile(entry);
  finish_if_drained();
}

void supervisor::finish_if_drained() {
  if (!shutting_down_ || !children_.empty()) return;
  environment_.changes->close_all();
  for (const auto& answer : std::exchange(drained_, {})) answer.give(done{});
}

}  // namespace kfs
