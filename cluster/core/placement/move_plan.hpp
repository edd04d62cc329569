#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "cluster/core/placement/placement.hpp"

namespace kfs {

/// Hands instances that run from one replica to another. The giver drains them and releases their leases; the receiver
/// takes the leases when all are released. Instances that must run together are one move.
struct instance_move {
  std::vector<instance_id> instances;  ///< sorted
  replica_id from;
  replica_id to;
  bool drains_replica = false;  ///< the giver is draining; otherwise the move is for balance
  bool operator==(const instance_move&) const = default;
};

struct move_limits {
  std::size_t from_draining = 256;       ///< moves at a time away from draining replicas, all together
  std::size_t for_balance = 8;           ///< other moves at a time
  std::size_t for_balance_into_one = 1;  ///< other moves at a time into one replica
};

/// Chooses the moves to begin now, so that with `running`, which have begun and not ended, the limits hold.
///
/// `placed` is the answer of place() for the same `replicas` and `instances`. An instance without an owner that lives
/// needs no move: the replica that shall run it takes its lease. Moves from draining replicas come first. A move begins
/// when its receiver has room for it beside what it runs and what moves there, without what moves away; where no move
/// has begun and none has room (replicas that are full exchange instances), the first begins, and its receiver takes it
/// as soon as it has room.
///
/// The answer depends on the contents of the arguments and not on their order. O(n log n).
std::vector<instance_move> next_moves(std::span<const placement_replica> replicas,
                                      std::span<const placement_instance> instances,
                                      std::span<const placed_instance> placed, std::span<const instance_move> running,
                                      const move_limits& limits);

}  // namespace kfs
