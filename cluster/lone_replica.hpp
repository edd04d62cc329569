#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "actors/interfaces.hpp"
#include "cluster/messages.hpp"

namespace kfs {

/// The only replica of a store, as it shows itself.
struct lone_replica {
  supervisor_actor supervisor;  ///< whose consumers it runs
  replica_id name;
  std::string version;
  timestamp started_at;  ///< of the process; every assignment counts from it
  std::optional<std::size_t> capacity;
};

/// Starts the cluster of one replica. It asks the supervisor for the consumers with every question and keeps nothing.
///
/// Each instance of a started consumer is assigned to the replica, with epoch 1; nothing is unassigned. Every order
/// about the replica is refused, because nobody else could run its consumers.
/// Errors: cannot_apply and not_found for orders; for questions those of the supervisor's list, and timed_out when it
/// does not answer within five seconds.
/// Threading: runs in the scheduler's threads and does not block.
cluster_actor spawn_lone_replica(caf::actor_system& system, lone_replica self);

}  // namespace kfs
