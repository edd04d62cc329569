#include "cluster/lease_table.hpp"

namespace kfs {
namespace {

/// Adds the consumers of which the two tables say different things.
template <class Table>
void compare(const Table& before, const Table& after, std::set<consumer_id>& changed) {
  for (const auto& [instance, value] : before) {
    const auto found = after.find(instance);
    if (found == after.end() || found->second != value) changed.insert(instance.consumer);
  }
  for (const auto& [instance, value] : after)
    if (!before.contains(instance)) changed.insert(instance.consumer);
}

template <class Table>
auto find_in(const Table& table, const consumer_id& consumer, int instance) {
  return table.find(instance_id{consumer, instance});
}

}  // namespace

void lease_table::extend(clock::time_point until, clock::time_point seen_at) {
  std::set<consumer_id> awaited;
  listener tell;
  {
    const std::lock_guard lock(mutex_);
    until_ = until;
    seen_at_ = seen_at;
    awaited.swap(awaited_);
    tell = listener_;
  }
  if (!tell) return;
  for (const auto& consumer : awaited) tell(consumer);
}

void lease_table::look_again(const consumer_id& consumer) {
  {
    const std::lock_guard lock(mutex_);
    if (!awaited_.insert(consumer).second) return;
  }
  if (ask_for_look_) ask_for_look_();
}

std::string lease_table::why_nobody(const consumer_id& consumer, int instance) const {
  const std::lock_guard lock(mutex_);
  const auto found = find_in(known_.reasons, consumer, instance);
  return found == known_.reasons.end() ? std::string() : found->second;
}

bool lease_table::is_renewed(clock::time_point at) const {
  const std::lock_guard lock(mutex_);
  return at < until_;
}

lease_table::clock::time_point lease_table::seen_at() const {
  const std::lock_guard lock(mutex_);
  return seen_at_;
}

void lease_table::replace(contents next) {
  std::set<consumer_id> changed;
  listener tell;
  {
    const std::lock_guard lock(mutex_);
    compare(known_.own, next.own, changed);
    compare(known_.owners, next.owners, changed);
    compare(known_.reasons, next.reasons, changed);
    known_ = std::move(next);
    tell = listener_;
  }
  if (!tell) return;
  for (const auto& consumer : changed) tell(consumer);
}

std::optional<instance_tenure> lease_table::tenure(const consumer_id& consumer, int instance) const {
  const std::lock_guard lock(mutex_);
  const auto found = find_in(known_.own, consumer, instance);
  if (found == known_.own.end()) return std::nullopt;
  const auto& lease = found->second;
  return instance_tenure{.epoch = lease.term.value,
                         .since = lease.since,
                         .until = until_,
                         .ending = lease.ending,
                         .handed_on = !known_.alone};
}

std::optional<instance_owner> lease_table::owner(const consumer_id& consumer, int instance) const {
  const std::lock_guard lock(mutex_);
  const auto found = find_in(known_.owners, consumer, instance);
  if (found == known_.owners.end()) return std::nullopt;
  return found->second;
}

std::vector<int> lease_table::instances_held(const consumer_id& consumer) const {
  const std::lock_guard lock(mutex_);
  std::vector<int> numbers;
  for (auto at = known_.owners.lower_bound(instance_id{consumer, 0});
       at != known_.owners.end() && at->first.consumer == consumer; ++at)
    numbers.push_back(at->first.number);
  return numbers;
}

void lease_table::listen(listener changed) {
  const std::lock_guard lock(mutex_);
  listener_ = std::move(changed);
}

}  // namespace kfs
