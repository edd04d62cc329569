#include "actors/supervisor/loading.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace kfs {
namespace {

/// They differ at most in what can change without a new revision.
bool configure_the_same(const consumer_spec& before, const consumer_spec& after) {
  auto same = after;
  same.target = before.target;
  same.orders = before.orders;
  return same == before;
}

/// A pause does not end what is wrong.
bool differ_in_pause_only(const consumer_spec& before, const consumer_spec& after) {
  auto same = after;
  same.orders.paused = before.orders.paused;
  return same == before;
}

void replace_children(const consumer_entry& entry) {
  for (const auto& [number, instance] : entry.instances)
    if (instance->child) instance->child->to_be_replaced = true;
}

}  // namespace

/// Not where replicas share the events: each of them would tell that it has learned what one of them has told.
void consumer_loading::note_loading(const consumer_entry& entry, const char* event) const {
  if (!with_.environment.changes->is_shared()) entry.events->add(event_kind::loaded, event);
}

entry_ptr consumer_loading::adopt(const consumer_spec& stored) {
  auto entry = std::make_shared<consumer_entry>(std::make_shared<const consumer_spec>(stored), with_.environment);
  note_loading(*entry, "the consumer was loaded from the store");
  with_.entries.add(entry);
  with_.recall.add(*entry);
  return entry;
}

void consumer_loading::apply(const consumer_spec_list& stored) {
  std::unordered_set<consumer_id> ids;
  for (const auto& spec : *stored) ids.insert(spec.id);
  for (const auto& entry : with_.entries.all()) {
    if (entry->removed || ids.contains(entry->id())) continue;
    if (with_.in_turn.taken(entry->id())) {
      with_.store.reload();
    } else {
      remove(entry);
    }
  }
  for (const auto& spec : *stored) apply_one(spec);
}

void consumer_loading::apply(const wanted_changes& changes) {
  if (changes.everything) begin_anew();
  const std::unordered_set<consumer_id> ids(changes.all.begin(), changes.all.end());
  const stored_consumer absent{.wanted = nullptr, .as_of = {changes.up_to}};
  for (auto& [id, found] : deferred_)
    if (!ids.contains(id) && found.as_of < absent.as_of) found = absent;
  for (const auto& entry : with_.entries.all())
    if (!ids.contains(entry->id())) learn(entry->id(), absent, is_busy(entry->id()));
  for (const auto& wanted : changes.changed) {
    const stored_consumer found{.wanted = std::make_shared<const wanted_consumer>(wanted), .as_of = {changes.up_to}};
    learn(wanted.spec.id, found, is_busy(wanted.spec.id));
  }
  known_up_to_ = changes.up_to;
  std::erase_if(gone_, [&](const auto& one) { return one.second <= known_up_to_; });
}

/// The numbers of changes before a backup was restored say nothing about those after it.
void consumer_loading::begin_anew() {
  known_up_to_ = 0;
  gone_.clear();
  deferred_.clear();
  for (const auto& entry : with_.entries.all()) entry->change = 0;
}

void consumer_loading::ticked() {
  const auto waiting = deferred_;
  for (const auto& [id, found] : waiting) {
    if (is_busy(id)) continue;
    learn(id, found, false);
    deferred_.erase(id);
  }
}

void consumer_loading::refresh(const consumer_id& id, std::function<void(const std::optional<error>&)> then) {
  with_.self->request(with_.environment.store, store_link::timeout, get_atom::value, id)
      .then(
          [this, id, then](const stored_consumer& found) {
            learn(id, found, is_ending(id));
            then(std::nullopt);
          },
          [then](const caf::error& why) { then(from_caf(why)); });
}

void consumer_loading::gone(const consumer_entry& entry) {
  note_absence(entry.id(), known_change(entry.id()));
}

/// The change after which the consumer was last known to be as it is known here. One that is not in the table, or is
/// ending, was known not to exist then.
std::uint64_t consumer_loading::known_change(const consumer_id& id) const {
  const auto entry = with_.entries.find_any(id);
  if (entry && !entry->removed) return entry->change;
  const auto removed = gone_.find(id);
  return std::max({deferred_.contains(id) ? 0 : known_up_to_, removed == gone_.end() ? 0 : removed->second,
                   entry ? entry->change : 0});
}

bool consumer_loading::is_ending(const consumer_id& id) const {
  const auto entry = with_.entries.find_any(id);
  return entry && entry->removed && entry->runs_here();
}

bool consumer_loading::is_busy(const consumer_id& id) const {
  return with_.in_turn.taken(id) || is_ending(id);
}

void consumer_loading::learn(const consumer_id& id, const stored_consumer& found, bool later) {
  const auto known = known_change(id);
  if (found.wanted ? found.wanted->change <= known : found.as_of.value < known) return;
  const auto entry = with_.entries.find(id);
  if (!found.wanted && !entry) return;
  if (later) {
    deferred_.insert_or_assign(id, found);
  } else if (found.wanted) {
    // What was deleted may still be ending on another replica, which will know when it runs what was made after it.
    if (const auto before = with_.entries.find_any(id); before && before->removed) with_.forget(before);
    apply_change(*found.wanted);
  } else {
    note_absence(id, found.as_of.value);
    remove(entry);
  }
}

void consumer_loading::note_absence(const consumer_id& id, std::uint64_t as_of) {
  if (as_of > known_up_to_) gone_.insert_or_assign(id, as_of);
}

void consumer_loading::apply_one(const consumer_spec& stored) {
  if (with_.in_turn.taken(stored.id)) {
    with_.store.reload();
    return;
  }
  const auto known = with_.entries.find(stored.id);
  if (!known) return with_.reconcile(adopt(stored));
  const auto before = known->wanted;
  if (*before == stored) return;
  if (before->rev == stored.rev && !configure_the_same(*before, stored)) replace_children(*known);
  known->want(std::make_shared<const consumer_spec>(stored), with_.environment);
  follow_change(known, *before, "the consumer was loaded from the store again, where it had changed");
}

/// The change of another replica, or one of this replica that is known already. Processors that stay as they are keep
/// what is known of their destinations if this replica runs them.
void consumer_loading::apply_change(const wanted_consumer& wanted) {
  const auto& spec = wanted.spec;
  const auto known = with_.entries.find(spec.id);
  if (!known) {
    const auto entry = adopt(spec);
    entry->change = wanted.change;
    entry->changed_at = with_.self->clock().now();
    return with_.reconcile(entry);
  }
  const auto before = known->wanted;
  // It was deleted and created again meanwhile: its events went with it. want() describes it to the new log.
  if (with_.environment.changes->is_shared() && before->created_at != spec.created_at)
    known->events = with_.environment.changes->open(spec.id);
  known->change = wanted.change;
  known->changed_at = with_.self->clock().now();
  if (*before == spec && spec.target == target_state::started) return with_.faults.start_again(known);
  if (before->rev == spec.rev && !configure_the_same(*before, spec)) replace_children(*known);
  const auto changed = std::make_shared<const consumer_spec>(spec);
  if (!known->is_elsewhere() && spec.rev.value == before->rev.value + 1) {
    known->change_to(changed, with_.environment);
  } else {
    known->want(changed, with_.environment);
  }
  follow_change(known, *before, "the consumer was changed through another replica");
}

/// Makes what runs follow a change of what is wanted, and forgets the faults from before it.
void consumer_loading::follow_change(const entry_ptr& entry, const consumer_spec& before, const char* event) {
  if (entry->wanted->rev != before.rev) with_.recall.add(*entry);
  with_.entries.moved_in_time(*entry, before.created_at);
  note_loading(*entry, event);
  if (!differ_in_pause_only(before, *entry->wanted)) with_.faults.forget(*entry);
  with_.reconcile(entry);
}

/// Its id is free once it has ended.
void consumer_loading::remove(const entry_ptr& entry) {
  entry->remove();
  entry->changed_at = with_.self->clock().now();
  if (const auto held = with_.in_turn.try_take(entry->id()))
    entry->when_settled.emplace_back([held](consumer_entry&) {});
  with_.reconcile(entry);
}

}  // namespace kfs
