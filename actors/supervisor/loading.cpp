#include "actors/supervisor/loading.hpp"

#include <set>
#include <utility>

namespace kfs {

entry_ptr consumer_loading::adopt(const consumer_spec& stored) {
  auto entry = std::make_shared<consumer_entry>(std::make_shared<const consumer_spec>(stored), with_.environment);
  entry->events->add(event_kind::loaded, "the consumer was loaded from the store");
  with_.entries.add(entry);
  with_.recall.add(*entry);
  return entry;
}

void consumer_loading::apply(const consumer_spec_list& stored) {
  remove_others(stored);
  for (const auto& spec : *stored) apply_one(spec);
}

void consumer_loading::apply_one(const consumer_spec& stored) {
  if (with_.in_turn.taken(stored.id)) {
    with_.store.reload();
    return;
  }
  const auto known = with_.entries.find(stored.id);
  if (!known) {
    with_.reconcile(adopt(stored));
  } else if (*known->wanted != stored) {
    const auto created_before = known->wanted->created_at;
    const auto revision_before = known->wanted->rev;
    if (known->child && known->wanted->rev == stored.rev) known->child->to_be_replaced = true;
    known->want(std::make_shared<const consumer_spec>(stored), with_.environment);
    if (stored.rev != revision_before) with_.recall.add(*known);
    with_.entries.moved_in_time(*known, created_before);
    known->events->add(event_kind::loaded, "the consumer was loaded from the store again, where it had changed");
    with_.faults.forget(*known);
    with_.reconcile(known);
  }
}

void consumer_loading::remove_others(const consumer_spec_list& stored) {
  std::set<std::string> ids;
  for (const auto& spec : *stored) ids.insert(spec.id.value);
  for (const auto& entry : with_.entries.all()) {
    if (entry->removed || ids.contains(entry->id().value)) continue;
    const auto held = with_.in_turn.try_take(entry->id());
    if (!held) {
      with_.store.reload();
      continue;
    }
    entry->removed = true;
    entry->when_settled.emplace_back([held](consumer_entry&) {});  // its id is free once it has ended
    with_.reconcile(entry);
  }
}

}  // namespace kfs
