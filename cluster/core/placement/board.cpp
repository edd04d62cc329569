#include "cluster/core/placement/board.hpp"

#include <algorithm>
#include <cassert>
#include <map>
#include <string_view>

namespace kfs {

namespace {

constexpr std::size_t unbounded = std::numeric_limits<std::uint32_t>::max();

std::uint64_t key(std::size_t consumer, std::size_t replica) {
  return static_cast<std::uint64_t>(consumer) << 32U | replica;
}

}  // namespace

std::size_t placement_board::replica::room_beside_fixed() const {
  const auto capacity = given->capacity.value_or(unbounded);
  return capacity > fixed ? capacity - fixed : 0;
}

share_bounds placement_board::replica::bounds() const {
  return {.least = fixed, .most = fixed + room_beside_fixed()};
}

placement_board::placement_board(std::span<const placement_replica> replicas,
                                 std::span<const placement_instance> instances) {
  replicas_.reserve(replicas.size());
  for (const auto& given : replicas) {
    if (given.state != replica_state::lost)
      replicas_.push_back({.given = &given, .active = given.state == replica_state::active});
  }
  std::ranges::sort(
      replicas_, {}, [](const replica& entry) -> const auto& { return entry.given->replica; });
  for (index i = 0; i < replicas_.size(); ++i) {
    if (replicas_[i].active) active_.push_back(i);
  }
  instances_.reserve(instances.size());
  for (const auto& given : instances) instances_.push_back(&given);
  std::ranges::sort(
      instances_, {}, [](const placement_instance* given) -> const auto& { return given->instance; });
  add_units();
}

void placement_board::add_units() {
  std::map<std::string_view, index> groups;
  units_.reserve(instances_.size());
  consumers_.reserve(instances_.size());
  for (index i = 0; i < instances_.size(); ++i) {
    const auto& given = *instances_[i];
    const bool same = i > 0 && instances_[i - 1]->instance.consumer == given.instance.consumer;
    consumers_.push_back(i == 0 ? 0 : consumers_.back() + (same ? 0 : 1));
    if (given.together.empty()) {
      units_.push_back({.instances = {i}, .reason = {}});
      continue;
    }
    const auto [group, added] = groups.try_emplace(given.together, units_.size());
    if (added) units_.push_back({.instances = {}, .reason = {}});
    units_[group->second].instances.push_back(i);
  }
  for (auto& made : units_) resolve(made);
}

// The owner of a unit is the replica that runs most of its instances.
void placement_board::resolve(unit& made) {
  const std::optional<replica_id>* pin = nullptr;
  std::map<index, std::size_t> owners;
  for (const auto i : made.instances) {
    const auto& given = *instances_[i];
    if (const auto owner = find(given.owner); owner != nowhere) ++owners[owner];
    if (!given.pinned) continue;
    if (pin != nullptr && *pin != given.pinned) made.reason = unassigned_reason::pins_disagree;
    pin = &given.pinned;
  }
  const auto most = std::ranges::max_element(owners, {}, [](const auto& owner) { return owner.second; });
  if (most != owners.end()) made.owner = most->first;
  if (pin == nullptr) return;
  made.is_pinned = true;
  made.pinned = find(*pin);
}

placement_board::index placement_board::find(const std::optional<replica_id>& name) const {
  if (!name) return nowhere;
  const auto found = std::ranges::lower_bound(
      replicas_, *name, {}, [](const replica& entry) -> const auto& { return entry.given->replica; });
  if (found == replicas_.end() || found->given->replica != *name) return nowhere;
  return static_cast<index>(found - replicas_.begin());
}

void placement_board::put(index moved, index to) {
  auto& placed = units_[moved];
  assert(placed.at == nowhere);
  placed.at = to;
  (placed.is_single() ? replicas_[to].singles : replicas_[to].fixed) += placed.weight();
  count(placed, to, true);
}

void placement_board::take_away(index moved) {
  auto& placed = units_[moved];
  assert(placed.at != nowhere);
  (placed.is_single() ? replicas_[placed.at].singles : replicas_[placed.at].fixed) -= placed.weight();
  count(placed, placed.at, false);
  placed.at = nowhere;
}

void placement_board::count(const unit& counted, index on, bool add) {
  for (const auto i : counted.instances) {
    auto& number = placed_[key(consumers_[i], on)];
    if (add)
      ++number;
    else
      --number;
  }
}

std::size_t placement_board::placed(std::size_t consumer, index on) const {
  const auto found = placed_.find(key(consumer, on));
  return found == placed_.end() ? 0 : found->second;
}

std::vector<placed_instance> placement_board::result() const {
  std::vector<placed_instance> placed(instances_.size());
  for (const auto& counted : units_) {
    for (const auto i : counted.instances) {
      placed[i].instance = instances_[i]->instance;
      if (counted.at != nowhere)
        placed[i].owner = replicas_[counted.at].given->replica;
      else
        placed[i].reason =
            counted.reason.value_or(active_.empty() ? unassigned_reason::no_replica : unassigned_reason::no_capacity);
    }
  }
  return placed;
}

}  // namespace kfs
