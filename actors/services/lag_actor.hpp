#pragma once

#include <memory>

#include "actors/interfaces.hpp"
#include "actors/kept_views.hpp"

namespace kfs {

/// With what the actor works.
struct lag_actor_parts {
  supervisor_actor supervisor;
  kafka_admin_actor admin;
  std::shared_ptr<const kept_views> kept;
};

/// Starts the actor that judges lag and remembers the last hour of each consumer. Its memory is bounded: 14 samples for
/// each of at most 20,000 partitions, and what consumer_histories says.
lag_actor spawn_lag_actor(caf::actor_system& system, lag_actor_parts parts);

}  // namespace kfs
