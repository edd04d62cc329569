#pragma once

#include <memory>

#include "cluster/coordinator.hpp"
#include "cluster/link/board.hpp"
#include "cluster/published_view.hpp"

namespace kfs {

struct cluster_front_parts {
  replica_id self;
  coordinator_actor coordinator;
  std::shared_ptr<const published_view> view;
  std::shared_ptr<const link_board> links;  ///< nullptr without links
};

/// Answers questions about the cluster at once, with what the coordinator knows, and passes orders on to it.
cluster_actor spawn_cluster_front(caf::actor_system& system, cluster_front_parts parts);

}  // namespace kfs
