#include "actors/supervisor/loading.hpp"

#include <utility>

namespace kfs {
namespace {

bool differs_in_target_only(const consumer_spec& before, const consumer_spec& after) {
  auto same = after;
  same.target = before.target;
  return same == before;
}

void replace_children(const consumer_entry& entry) {
  for (const auto& [number, instance] : entry.instances)
    if (instance->child) instance->child->to_be_replaced = true;
}

}  // namespace

entry_ptr consumer_loading::adopt(const consumer_spec& stored) {
  auto entry = std::make_shared<consumer_entry>(std::make_shared<const consumer_spec>(stored), with_.environment);
  entry->events->add(event_kind::loaded, "the consumer was loaded from the store");
  with_.entries.add(entry);
  with_.recall.add(*entry);
  return entry;
}

void consumer_loading::apply(const consumer_spec_list& stored) {
  std::set<std::string> ids;
  for (const auto& spec : *stored) ids.insert(spec.id.value);
  remove_others(ids, [this](const entry_ptr&) { with_.store.reload(); });
  for (const auto& spec : *stored) apply_one(spec);
}

void consumer_loading::apply(const wanted_changes& changes) {
  std::set<std::string> ids;
  for (const auto& id : changes.all) ids.insert(id.value);
  for (const auto& entry : with_.entries.all()) {
    if (changes.everything) entry->change = 0;
    if (entry->change > changes.up_to) ids.insert(entry->id().value);  // made here since the store was asked
  }
  remove_others(ids, [this](const entry_ptr& entry) { deferred_removals_.insert(entry->id().value); });
  for (const auto& wanted : changes.changed) {
    if (with_.in_turn.taken(wanted.spec.id)) {
      deferred_.insert_or_assign(wanted.spec.id.value, wanted);
    } else {
      apply_change(wanted);
    }
  }
}

void consumer_loading::ticked() {
  for (const auto& id : std::exchange(deferred_removals_, {})) {
    const auto entry = with_.entries.find({id});
    if (!entry) continue;
    if (with_.in_turn.taken(entry->id())) {
      deferred_removals_.insert(id);
    } else {
      remove(entry);
    }
  }
  for (auto at = deferred_.begin(); at != deferred_.end();) {
    if (with_.in_turn.taken(at->second.spec.id)) {
      ++at;
      continue;
    }
    const auto wanted = std::move(at->second);
    at = deferred_.erase(at);
    apply_change(wanted);
  }
}

void consumer_loading::refresh(const consumer_id& id, std::function<void(const std::optional<error>&)> then) {
  with_.self->request(with_.environment.store, store_link::timeout, get_atom::value, id)
      .then(
          [this, id, then](const wanted_consumer_ptr& wanted) {
            if (wanted) {
              apply_change(*wanted);
            } else if (const auto known = with_.entries.find(id)) {
              remove(known);
            }
            then(std::nullopt);
          },
          [then](const caf::error& why) { then(from_caf(why)); });
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
  if (before->rev == stored.rev) replace_children(*known);
  known->want(std::make_shared<const consumer_spec>(stored), with_.environment);
  follow_change(known, *before, "the consumer was loaded from the store again, where it had changed");
}

/// The change of another replica, or one of this replica that is known already. Processors that stay as they are keep
/// what is known of their destinations if this replica runs them.
void consumer_loading::apply_change(const wanted_consumer& wanted) {
  const auto& spec = wanted.spec;
  const auto known = with_.entries.find(spec.id);
  if (known && wanted.change <= known->change) return;
  if (!known) {
    const auto entry = adopt(spec);
    entry->change = wanted.change;
    entry->changed_at = with_.self->clock().now();
    return with_.reconcile(entry);
  }
  const auto before = known->wanted;
  known->change = wanted.change;
  known->changed_at = with_.self->clock().now();
  if (*before == spec && spec.target == target_state::started) return with_.faults.start_again(known);
  if (before->rev == spec.rev && !differs_in_target_only(*before, spec)) replace_children(*known);
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
  entry->events->add(event_kind::loaded, event);
  with_.faults.forget(*entry);
  with_.reconcile(entry);
}

void consumer_loading::remove_others(const std::set<std::string>& ids,
                                     const std::function<void(const entry_ptr&)>& later) {
  for (const auto& entry : with_.entries.all()) {
    if (entry->removed || ids.contains(entry->id().value)) continue;
    if (with_.in_turn.taken(entry->id())) {
      later(entry);
      continue;
    }
    remove(entry);
  }
}

/// Its id is free once it has ended.
void consumer_loading::remove(const entry_ptr& entry) {
  entry->removed = true;
  entry->changed_at = with_.self->clock().now();
  if (const auto held = with_.in_turn.try_take(entry->id()))
    entry->when_settled.emplace_back([held](consumer_entry&) {});
  with_.reconcile(entry);
}

}  // namespace kfs
