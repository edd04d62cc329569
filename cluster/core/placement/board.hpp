#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "cluster/core/fair_shares.hpp"
#include "cluster/core/placement/placement.hpp"

namespace kfs {

/// What a placement works on: replicas and units by index, in the order of their ids, and which unit is where.
///
/// Ownership: one call of place(). Threading: none.
class placement_board {
 public:
  using index = std::size_t;
  static constexpr index nowhere = std::numeric_limits<index>::max();

  /// Instances that are placed as one.
  struct unit {
    std::vector<index> instances;
    index owner = nowhere;   ///< the replica, active or draining, that runs most of it now
    index pinned = nowhere;  ///< the only replica that may run it
    index at = nowhere;      ///< where it is placed
    std::optional<unassigned_reason> reason;
    bool is_pinned = false;
    [[nodiscard]] std::size_t weight() const { return instances.size(); }
    /// Placed freely: neither pinned nor with others.
    [[nodiscard]] bool is_single() const { return !is_pinned && instances.size() == 1; }
  };

  struct replica {
    const placement_replica* given = nullptr;
    std::size_t fixed = 0;    ///< instances of units that are not single
    std::size_t singles = 0;  ///< instances of single units
    bool active = false;
    [[nodiscard]] std::size_t load() const { return fixed + singles; }
    [[nodiscard]] std::size_t room_beside_fixed() const;
    [[nodiscard]] share_bounds bounds() const;
  };

  placement_board(std::span<const placement_replica> replicas, std::span<const placement_instance> instances);

  [[nodiscard]] std::vector<unit>& units() { return units_; }
  [[nodiscard]] const std::vector<replica>& replicas() const { return replicas_; }
  /// The replicas that take instances.
  [[nodiscard]] const std::vector<index>& active() const { return active_; }

  void put(index moved, index to);
  void take_away(index moved);

  /// All of an active replica's owners are numbered; a draining one counts as an owner that cannot keep the unit.
  [[nodiscard]] bool is_active(index of) const { return of != nowhere && replicas_[of].active; }

  /// A number for the consumer of a single unit; numbers are in the order of ids.
  [[nodiscard]] std::size_t consumer_of(const unit& single) const { return consumers_[single.instances.front()]; }
  /// How many instances of the consumer are placed on the replica.
  [[nodiscard]] std::size_t placed(std::size_t consumer, index on) const;

  [[nodiscard]] std::vector<placed_instance> result() const;

 private:
  [[nodiscard]] index find(const std::optional<replica_id>& name) const;
  void add_units();
  void resolve(unit& made);
  void count(const unit& counted, index on, bool add);

  std::vector<replica> replicas_;
  std::vector<index> active_;
  std::vector<const placement_instance*> instances_;
  std::vector<std::size_t> consumers_;
  std::vector<unit> units_;
  std::unordered_map<std::uint64_t, std::size_t> placed_;  ///< by consumer and replica
};

}  // namespace kfs
