#pragma once

#include <functional>
#include <memory>

#include "actors/interfaces.hpp"
#include "cluster/link/board.hpp"
#include "cluster/link/messages.hpp"
#include "config/base/logger.hpp"

namespace kfs {

/// What the gateway needs. The supervisor and the dialer come later, because they need the gateway.
struct gateway_parts {
  std::shared_ptr<link_board> board;
  logger log;
  std::function<void()> look_at_replicas;  ///< who lives may have changed; called by the gateway's thread
};

/// Sent once, before anything else.
struct gateway_neighbours {
  caf::weak_actor_ptr supervisor;
  link_dialer_actor dialer;
};
using gateway_neighbours_ptr = std::shared_ptr<const gateway_neighbours>;
using begin_atom = caf::atom_constant<caf::atom("begin")>;

using gateway_front = link_actor::extend<caf::reacts_to<begin_atom, gateway_neighbours_ptr>>;

/// Keeps a link to each replica that lives, has an address and speaks the same protocol, and carries changes and
/// reports.
///
/// Of two replicas the one whose name comes first connects; the other one does so when it has waited for ten seconds.
/// A link is over when CAF says so: at once when the peer's process ends, after two seconds of silence otherwise. Then
/// this replica connects again, with a back-off from 0.25 to 5 seconds. What the link would have carried comes through
/// the store.
gateway_front spawn_gateway(caf::actor_system& system, gateway_parts parts);

}  // namespace kfs

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::gateway_neighbours_ptr)
