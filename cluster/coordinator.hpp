#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "actors/metrics/metrics.hpp"
#include "cluster/coordination.hpp"
#include "cluster/core/lease_times.hpp"
#include "cluster/lease_table.hpp"
#include "cluster/link/peer.hpp"
#include "cluster/messages.hpp"
#include "cluster/published_view.hpp"
#include "cluster/store/lease_store.hpp"
#include "config/base/logger.hpp"

namespace kfs {

using want_atom = caf::atom_constant<caf::atom("want")>;
using vacated_atom = caf::atom_constant<caf::atom("vacated")>;
using look_atom = caf::atom_constant<caf::atom("look")>;
using join_atom = caf::atom_constant<caf::atom("join")>;
using leave_atom = caf::atom_constant<caf::atom("leave")>;

using wanted_instances = std::shared_ptr<const std::vector<wanted_instance>>;

/// Keeps the leases of this replica: gives signs of life, takes what is placed here, gives up what is placed elsewhere,
/// and fences this replica when it cannot renew. Runs in a thread of its own, because the store blocks.
using coordinator_actor = cluster_actor::extend<
    // The consumers that shall run are these.
    caf::reacts_to<want_atom, wanted_instances>,
    // Sent by the supervisor through the lease table.
    caf::reacts_to<vacated_atom, consumer_id, int, std::uint64_t>,
    // This replica can serve: it takes part from now on. Sent once.
    caf::reacts_to<join_atom>,
    // The leases may have changed.
    caf::reacts_to<look_atom>,
    // Somebody waits for a look at the leases.
    caf::reacts_to<wake_atom>,
    // Sent to itself, with a number that tells the last one.
    caf::reacts_to<tick_atom, std::uint64_t>,
    // This replica ends: its leases are given away in order. Answers when it holds nothing, and takes nothing after.
    caf::replies_to<leave_atom>::with<done>>;

struct coordinator_parts {
  postgres_target target;
  own_replica self;
  lease_times times;
  std::shared_ptr<lease_table> table;
  std::shared_ptr<published_view> view;
  metrics* measured = nullptr;  ///< outlives the actor; nullptr: nothing is measured
  logger log;
  /// Called once when another process with this name lives: this one must end.
  std::function<void(const error&)> name_is_taken;
  /// Called when the database has gone back to an earlier state. Empty: nobody wants to know.
  std::function<void()> gone_back = {};
  /// Called when it has changed which other replicas live, or what they say of themselves. Empty: without links.
  std::function<void(const link_directory&)> tell_links = {};
};

coordinator_actor spawn_coordinator(caf::actor_system& system, coordinator_parts parts);

}  // namespace kfs

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::wanted_instances)
