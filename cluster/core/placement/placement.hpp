#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cluster/core/ids.hpp"
#include "cluster/core/membership.hpp"

namespace kfs {

struct placement_replica {
  replica_id replica;
  replica_state state = replica_state::active;
  std::optional<std::size_t> capacity;  ///< most instances that it runs
};

struct placement_instance {
  instance_id instance;
  std::optional<replica_id> owner;   ///< who holds its lease now; a lost replica counts as none
  std::string together;              ///< instances with the same text run on one replica; empty: with nobody
  std::optional<replica_id> pinned;  ///< the only replica that may run it
};

/// Why no replica shall run an instance.
enum class unassigned_reason {
  no_replica,     ///< no replica takes instances: all are lost or draining
  no_capacity,    ///< REPLICA_CAPACITY leaves no room, or no replica has room for all that must run together
  pinned_away,    ///< the replica to which it is pinned is lost, draining or unknown
  pins_disagree,  ///< instances that must run together are pinned to different replicas
};

const char* to_string(unassigned_reason reason) noexcept;

struct placed_instance {
  instance_id instance;
  std::optional<replica_id> owner;          ///< who shall run it
  std::optional<unassigned_reason> reason;  ///< set when there is no owner
  bool operator==(const placed_instance&) const = default;
};

/// Decides which replica shall run each instance. The answer is sorted by instance, and depends on nothing but the
/// contents of the arguments, not on their order.
///
/// In this order of importance:
/// 1. Only active replicas take instances, within their capacity. Pins and `together` hold. A draining replica keeps an
///    instance for which nobody else has room, and instances that are pinned to it and that it runs.
/// 2. Loads (numbers of instances) differ by at most 1 between replicas that have room. Instances that run together are
///    one unit. A unit of weight w moves for balance only where the receiver is not fuller than the giver afterwards;
///    so loads may differ by up to 2w - 1, w being the lightest unit on a replica that runs nothing but such units and
///    pinned instances.
/// 3. As few instances move as 1 and 2 allow: one moves when its owner is lost, draining, over its capacity, or has to
///    give it up for balance.
/// 4. What has to be placed anew goes where the fewest instances of its consumer run. What stays is not moved for this.
///
/// When capacity is short, what runs stays, and the rest is taken in the order of their ids.
///
/// O(n log n) for n replicas and instances, and O(r log r) for each unit of several instances that moves for balance
/// among r replicas.
std::vector<placed_instance> place(std::span<const placement_replica> replicas,
                                   std::span<const placement_instance> instances);

}  // namespace kfs
