#include "cluster/coordination.hpp"

#include <algorithm>
#include <utility>

namespace kfs {
namespace {

/// So many instances of a replica that ends are ended side by side.
constexpr std::size_t most_leaving = 32;

std::string sentence_of(unassigned_reason reason) {
  switch (reason) {
    case unassigned_reason::no_replica:
      return "no replica takes consumers: all are lost or draining";
    case unassigned_reason::no_capacity:
      return "REPLICA_CAPACITY of the replicas leaves no room; raise it, or add a replica";
    case unassigned_reason::pinned_away:
      return "the only replica that may run it is lost or draining";
    case unassigned_reason::pins_disagree:
      return "what must run on one replica is bound to different ones";
  }
  return {};
}

}  // namespace

coordination::coordination(const lease_times& times, replica_id self, move_limits limits)
    : times_(times), self_(std::move(self)), limits_(limits) {}

void coordination::began(const run_id& run, clock::time_point sent) {
  lose_all();
  run_ = run;
  own_heartbeats_ = 0;
  members_.emplace(times_, self_, run);
  right_.emplace(times_, sent);
  blind_ = false;
}

void coordination::lose_all() {
  own_.clear();
  if (right_) right_->lose();
  blind_ = true;
}

void coordination::want(std::vector<wanted_instance> wanted) {
  wanted_.clear();
  for (auto& one : wanted) {
    auto id = one.instance;
    wanted_.emplace(std::move(id), std::move(one));
  }
}

void coordination::saw(const cluster_sight& seen) {
  std::vector<replica_row> rows;
  rows_.clear();
  for (const auto& replica : seen.replicas) {
    rows.push_back(replica.row);
    rows_.emplace(replica.row.replica, replica);
  }
  if (members_) members_->saw(seen.when, rows);
  if (right_ && seen.renewed) right_->renewed(seen.when.asked, seen.when.answered);
  known_changes_ = seen.lease_changes;
  notice_going_back();
  if (!seen.leases) return;
  std::map<instance_id, stored_lease> present;
  for (const auto& lease : *seen.leases) present.emplace(lease.instance, lease);
  for (const auto& [instance, lease] : present) {
    const auto before = leases_.find(instance);
    if (before != leases_.end() && lease.holder && before->second.term != lease.term) ++moves_;
  }
  leases_ = std::move(present);
  // A lease that is not the one that was taken belongs to somebody else, or to nobody.
  std::erase_if(own_, [&](const auto& held) {
    const auto found = leases_.find(held.first);
    return found == leases_.end() || found->second.run != held.second.lease.run ||
           found->second.term != held.second.lease.term;
  });
}

/// Nobody else writes the heartbeats of this run, so fewer than before are those of an earlier state. Its number of
/// changes may be, by chance, the one that is known: the next look shows all leases.
void coordination::notice_going_back() {
  const auto own = rows_.find(self_);
  if (own == rows_.end() || own->second.row.run != run_) return;
  const auto heartbeats = own->second.row.heartbeats;
  if (heartbeats < own_heartbeats_) {
    gone_back_ = true;
    known_changes_ = 0;
  }
  own_heartbeats_ = heartbeats;
}

void coordination::renewal_failed(clock::time_point at) {
  if (right_) right_->renewal_failed(at);
}

void coordination::took(std::span<const stored_lease> leases, clock::time_point sent) {
  for (const auto& lease : leases) {
    if (leases_.contains(lease.instance)) ++moves_;
    leases_.insert_or_assign(lease.instance, lease);
    own_.insert_or_assign(lease.instance, own_lease{.lease = lease, .since = sent});
  }
}

void coordination::released(std::span<const stored_lease> leases) {
  for (const auto& lease : leases) {
    own_.erase(lease.instance);
    if (const auto found = leases_.find(lease.instance); found != leases_.end()) {
      found->second.holder.reset();
      found->second.run = {};
    }
  }
}

void coordination::vacated(const instance_id& instance, epoch term) {
  const auto found = own_.find(instance);
  if (found == own_.end() || found->second.lease.term != term) return;
  found->second.vacant = found->second.ending;
}

coordination::steps coordination::decide(clock::time_point at) {
  steps todo;
  if (!right_ || !right_->may_write(at)) return todo;
  const auto replicas = placement_replicas();
  const auto instances = placement_instances();
  const auto placed = place(replicas, instances);
  reasons_.clear();
  for (const auto& one : placed)
    if (one.reason) reasons_.emplace(one.instance, *one.reason);
  for (auto& [instance, held] : own_) held.ending |= !wanted_.contains(instance);
  if (leaving_) {
    auto ending = std::ranges::count_if(own_, [](const auto& held) { return held.second.ending; });
    for (auto& [instance, held] : own_) {
      if (static_cast<std::size_t>(ending) >= most_leaving) break;
      if (!std::exchange(held.ending, true)) ++ending;
    }
  } else if (is_settled()) {
    mark_ending(placed, replicas, instances);
    add_wishes(placed, todo);
  }
  for (const auto& [instance, held] : own_)
    if (held.vacant) todo.release.push_back(held.lease);
  add_forgotten(todo);
  if (is_settled()) {
    todo.forget = members_->forgotten();
    if (is_first()) add_orphans(todo);
  }
  return todo;
}

/// The moves away from this replica that begin now. All replicas count those of all.
void coordination::mark_ending(std::span<const placed_instance> placed, const std::vector<placement_replica>& replicas,
                               const std::vector<placement_instance>& instances) {
  for (const auto& move : next_moves(replicas, instances, placed, {}, limits_)) {
    if (move.from != self_) continue;
    for (const auto& instance : move.instances)
      if (const auto held = own_.find(instance); held != own_.end()) held->second.ending = true;
  }
}

void coordination::add_wishes(std::span<const placed_instance> placed, steps& into) const {
  for (const auto& one : placed) {
    if (one.owner != self_ || own_.contains(one.instance)) continue;
    const auto found = leases_.find(one.instance);
    if (found == leases_.end()) {
      into.take.push_back({.instance = one.instance, .seen = {}, .holder = {}});
    } else if (!is_alive(found->second)) {
      into.take.push_back(wish_for(found->second));
    }
  }
}

/// The leases that the store ascribes to this run, which does not hold them: the answer to their taking was lost, or a
/// backup of the database was restored. Nobody would run their instances.
void coordination::add_forgotten(steps& into) const {
  for (const auto& [instance, lease] : leases_)
    if (lease.holder == self_ && lease.run == run_ && !own_.contains(instance)) into.release.push_back(lease);
}

/// The leases of lost replicas for instances that shall not run any more: nobody takes those.
void coordination::add_orphans(steps& into) const {
  for (const auto& [instance, lease] : leases_)
    if (lease.holder && !wanted_.contains(instance) && !is_alive(lease)) into.free.push_back(wish_for(lease));
}

lease_wish coordination::wish_for(const stored_lease& lease) const {
  lease_wish wish{.instance = lease.instance, .seen = lease, .holder = {}};
  if (!lease.holder) return wish;
  if (const auto row = rows_.find(*lease.holder); row != rows_.end()) wish.holder = row->second.row;
  return wish;
}

/// Of the replicas that live, the first by name does what one has to do.
bool coordination::is_first() const {
  for (const auto& [name, member] : members_->members())
    if (member.state != replica_state::lost) return name == self_;
  return false;
}

/// Somebody holds the lease and is not known to be gone.
bool coordination::is_alive(const stored_lease& lease) const {
  return lease.holder && members_ && !members_->is_gone(*lease.holder, lease.run);
}

std::vector<placement_replica> coordination::placement_replicas() const {
  std::vector<placement_replica> replicas;
  if (!members_) return replicas;
  for (const auto& [name, member] : members_->members())
    replicas.push_back({.replica = name, .state = member.state, .capacity = member.row.capacity});
  return replicas;
}

std::vector<placement_instance> coordination::placement_instances() const {
  std::vector<placement_instance> instances;
  instances.reserve(wanted_.size());
  for (const auto& [instance, wanted] : wanted_) {
    const auto found = leases_.find(instance);
    const bool held = found != leases_.end() && is_alive(found->second);
    instances.push_back({.instance = instance,
                         .owner = held ? found->second.holder : std::nullopt,
                         .together = wanted.together,
                         .pinned = {}});
  }
  return instances;
}

lease_table::contents coordination::table() const {
  lease_table::contents told;
  told.alone = members_ && std::ranges::none_of(members_->members(), [this](const auto& known) {
                 return known.first != self_ && known.second.state == replica_state::active;
               });
  if (!blind_)
    for (const auto& [instance, reason] : reasons_) told.reasons.emplace(instance, sentence_of(reason));
  for (const auto& [instance, held] : own_)
    told.own.emplace(instance, lease_table::held{.term = held.lease.term, .since = held.since, .ending = held.ending});
  for (const auto& [instance, lease] : leases_) {
    if (!lease.holder) continue;
    const bool own = own_.contains(instance);
    told.owners.emplace(instance,
                        instance_owner{.replica = lease.holder->value,
                                       .epoch = lease.term.value,
                                       .lost = !own && (blind_ || lease.holder == self_ || !is_alive(lease))});
  }
  return told;
}

membership::standing coordination::standing() const {
  return members_ ? members_->own_standing() : membership::standing::unknown;
}

std::optional<coordination::clock::time_point> coordination::next_expiry() const {
  return members_ ? members_->next_expiry() : std::nullopt;
}

std::vector<coordination::listed> coordination::replicas() const {
  std::map<replica_id, std::size_t> loads;
  for (const auto& lease : assignments()) ++loads[*lease.holder];
  std::vector<listed> all;
  if (!members_) return all;
  for (const auto& [name, member] : members_->members())
    if (const auto row = rows_.find(name); row != rows_.end())
      all.push_back({.replica = row->second, .state = member.state, .instances = loads[name]});
  return all;
}

metrics::cluster_counts coordination::counts() {
  metrics::cluster_counts counted{.leases = assignments().size(), .moves = std::exchange(moves_, 0)};
  if (members_) {
    for (const auto& [name, member] : members_->members()) {
      auto& number = member.state == replica_state::active     ? counted.active
                     : member.state == replica_state::draining ? counted.draining
                                                               : counted.lost;
      ++number;
    }
  }
  for (const auto& [instance, wanted] : wanted_) {
    const auto found = leases_.find(instance);
    counted.unassigned += blind_ || found == leases_.end() || !is_alive(found->second) ? 1 : 0;
  }
  return counted;
}

/// Without a right of its own, this replica cannot tell whether others still have theirs.
std::vector<stored_lease> coordination::assignments() const {
  std::vector<stored_lease> held;
  if (blind_) return held;
  for (const auto& [instance, lease] : leases_)
    if (is_alive(lease)) held.push_back(lease);
  return held;
}

std::vector<std::pair<instance_id, std::string>> coordination::unassigned() const {
  std::vector<std::pair<instance_id, std::string>> all;
  for (const auto& [instance, wanted] : wanted_) {
    const auto found = leases_.find(instance);
    if (!blind_ && found != leases_.end() && is_alive(found->second)) continue;
    const auto reason = reasons_.find(instance);
    if (blind_) {
      all.emplace_back(instance, "this replica cannot renew its lease in the database, and does not know who runs it");
      continue;
    }
    all.emplace_back(instance,
                     reason != reasons_.end() ? sentence_of(reason->second) : "its replica is about to take it over");
  }
  return all;
}

}  // namespace kfs
