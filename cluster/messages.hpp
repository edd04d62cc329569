#pragma once

#include <caf/all.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/messages.hpp"
#include "cluster/core/ids.hpp"
#include "cluster/core/membership.hpp"

namespace kfs {

using resume_atom = caf::atom_constant<caf::atom("resume")>;
using evict_atom = caf::atom_constant<caf::atom("evict")>;

/// One replica, as GET /cluster shows it.
struct replica_view {
  replica_id replica;
  std::string address;  ///< of its link; empty when it has none
  bool linked = false;  ///< the replica that answers has a link to it
  replica_state state = replica_state::active;
  std::string version;
  timestamp started_at;
  timestamp last_seen_at;
  std::size_t instances = 0;  ///< that it runs
  std::optional<std::size_t> capacity;
  bool operator==(const replica_view&) const = default;
};

/// Who runs an instance of a consumer.
struct assignment_view {
  instance_id instance;
  replica_id replica;
  epoch term;
  timestamp since;
  bool operator==(const assignment_view&) const = default;
};

/// An instance that nobody runs although its consumer is started.
struct unassigned_view {
  instance_id instance;
  std::string reason;  ///< a sentence for people
  bool operator==(const unassigned_view&) const = default;
};

/// The replicas and who runs what, as the replica that answers knows it.
struct cluster_view {
  replica_id replica;                        ///< the one that answers
  std::vector<replica_view> replicas;        ///< by name
  std::vector<assignment_view> assignments;  ///< by consumer and instance
  std::vector<unassigned_view> unassigned;   ///< by consumer and instance
  bool operator==(const cluster_view&) const = default;
};
using cluster_view_ptr = std::shared_ptr<const cluster_view>;

/// Knows the replicas, and takes orders about them. Errors: not_found for a replica that is not listed,
/// store_unavailable, and cannot_apply where there is one replica only.
using cluster_actor = caf::typed_actor<
    caf::replies_to<get_atom>::with<cluster_view_ptr>,
    // The instances of that replica move away, and it takes none until resume. Answers when the order is stored.
    caf::replies_to<drain_atom, replica_id>::with<done>, caf::replies_to<resume_atom, replica_id>::with<done>,
    // The leases of that replica are taken away at once, as if it were lost. Answers when the order is stored.
    caf::replies_to<evict_atom, replica_id>::with<done>>;

}  // namespace kfs

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::cluster_view_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::replica_id)
