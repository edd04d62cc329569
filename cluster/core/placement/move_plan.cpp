#include "cluster/core/placement/move_plan.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace kfs {

namespace {

/// What each replica will run once all moves that have begun have ended, and how many moves there are.
class moves_begun {
 public:
  moves_begun(std::span<const placement_replica> replicas, const move_limits& limits) : limits_(limits) {
    for (const auto& given : replicas) replicas_.emplace(given.replica, replica{.given = &given});
  }

  /// The replica, nullptr when it is lost or unknown.
  [[nodiscard]] const placement_replica* find_alive(const replica_id& name) const {
    const auto found = replicas_.find(name);
    if (found == replicas_.end() || found->second.given->state == replica_state::lost) return nullptr;
    return found->second.given;
  }

  void add_load(const replica_id& on, std::size_t instances) {
    if (const auto found = replicas_.find(on); found != replicas_.end()) found->second.load += instances;
  }

  /// The instances of the move are counted nowhere yet.
  void add(const instance_move& begun) {
    add_load(begun.to, begun.instances.size());
    ++(begun.drains_replica ? draining_ : balancing_);
    const auto to = replicas_.find(begun.to);
    if (to != replicas_.end() && !begun.drains_replica) ++to->second.incoming;
  }

  /// The instances of the move are counted at the giver.
  void begin(const instance_move& begun) {
    replicas_.at(begun.from).load -= begun.instances.size();
    add(begun);
  }

  [[nodiscard]] bool is_within_limits(const instance_move& wanted) const {
    if (wanted.drains_replica) return draining_ < limits_.from_draining;
    return balancing_ < limits_.for_balance && replicas_.at(wanted.to).incoming < limits_.for_balance_into_one;
  }

  [[nodiscard]] bool has_room(const instance_move& wanted) const {
    const auto& to = replicas_.at(wanted.to);
    return !to.given->capacity || to.load + wanted.instances.size() <= *to.given->capacity;
  }

 private:
  struct replica {
    const placement_replica* given = nullptr;
    std::size_t load = 0;
    std::size_t incoming = 0;  ///< moves for balance
  };

  move_limits limits_;
  std::unordered_map<replica_id, replica> replicas_;
  std::size_t draining_ = 0;
  std::size_t balancing_ = 0;
};

/// All moves from the present to the wanted placement that have not begun: those from draining replicas first, then in
/// the order of their first instances. Counts the load of what does not move.
std::vector<instance_move> all_moves(std::span<const placement_instance> instances,
                                     std::span<const placed_instance> placed, const std::set<instance_id>& moving,
                                     moves_begun& begun) {
  // What is together moves as one, from each of its owners.
  std::map<std::tuple<std::string_view, replica_id, instance_id>, instance_move> units;
  auto wanted = placed.begin();
  for (const auto& given : instances) {
    if (!moving.empty() && moving.contains(given.instance)) continue;
    // Usually both are in the same order.
    if (wanted == placed.end() || ++wanted == placed.end() || wanted->instance != given.instance)
      wanted = std::ranges::lower_bound(placed, given.instance, {}, &placed_instance::instance);
    const auto owner = wanted != placed.end() && wanted->instance == given.instance ? wanted->owner : std::nullopt;
    const auto* from = given.owner ? begun.find_alive(*given.owner) : nullptr;
    if (from == nullptr) {
      if (owner) begun.add_load(*owner, 1);
      continue;
    }
    begun.add_load(from->replica, 1);
    if (!owner || owner == given.owner || begun.find_alive(*owner) == nullptr) continue;
    auto& unit = units[{given.together, from->replica, given.together.empty() ? given.instance : instance_id{}}];
    unit.instances.push_back(given.instance);
    unit.from = from->replica;
    unit.to = *owner;
    unit.drains_replica = from->state == replica_state::draining;
  }
  std::vector<instance_move> moves;
  for (auto& [key, unit] : units) {
    std::ranges::sort(unit.instances);
    moves.push_back(std::move(unit));
  }
  std::ranges::sort(moves, [](const instance_move& left, const instance_move& right) {
    return std::tie(right.drains_replica, left.instances.front(), left.from) <
           std::tie(left.drains_replica, right.instances.front(), right.from);
  });
  return moves;
}

}  // namespace

std::vector<instance_move> next_moves(std::span<const placement_replica> replicas,
                                      std::span<const placement_instance> instances,
                                      std::span<const placed_instance> placed, std::span<const instance_move> running,
                                      const move_limits& limits) {
  moves_begun begun(replicas, limits);
  std::set<instance_id> moving;
  for (const auto& present : running) {
    moving.insert(present.instances.begin(), present.instances.end());
    begun.add(present);
  }
  const auto wanted = all_moves(instances, placed, moving, begun);
  std::vector<instance_move> chosen;
  for (const auto& next : wanted) {
    if (!begun.is_within_limits(next) || !begun.has_room(next)) continue;
    begun.begin(next);
    chosen.push_back(next);
  }
  if (!chosen.empty() || !running.empty()) return chosen;
  const auto first =
      std::ranges::find_if(wanted, [&](const instance_move& next) { return begun.is_within_limits(next); });
  if (first != wanted.end()) chosen.push_back(*first);
  return chosen;
}

}  // namespace kfs
