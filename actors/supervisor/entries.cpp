#include "actors/supervisor/entries.hpp"

namespace kfs {

void consumer_entries::add(entry_ptr entry) {
  if (const auto before = find_any(entry->id())) erase(*before);
  by_age_.emplace(std::pair(entry->wanted->created_at, entry->id().value), entry);
  by_id_.emplace(entry->id(), entry);
  kept_->forget_list();
}

void consumer_entries::erase(const consumer_entry& entry) {
  const auto id = entry.id();  // the entry may go with its last owner
  by_age_.erase({entry.wanted->created_at, id.value});
  by_id_.erase(id);
  kept_->forget(id);
}

void consumer_entries::moved_in_time(const consumer_entry& entry, timestamp before) {
  auto node = by_age_.extract({before, entry.id().value});
  node.key() = {entry.wanted->created_at, entry.id().value};
  by_age_.insert(std::move(node));
  kept_->forget_list();
}

entry_ptr consumer_entries::find(const consumer_id& id) const {
  auto found = find_any(id);
  return found && !found->removed ? found : nullptr;
}

entry_ptr consumer_entries::find_any(const consumer_id& id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

std::vector<entry_ptr> consumer_entries::all() const {
  std::vector<entry_ptr> entries;
  entries.reserve(by_id_.size());
  for (const auto& [id, entry] : by_id_) entries.push_back(entry);
  return entries;
}

std::vector<entry_ptr> consumer_entries::oldest_first() const {
  std::vector<entry_ptr> entries;
  entries.reserve(by_age_.size());
  for (const auto& [age, entry] : by_age_)
    if (!entry->removed) entries.push_back(entry);
  return entries;
}

}  // namespace kfs
