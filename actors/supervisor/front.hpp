#pragma once

#include "actors/interfaces.hpp"

namespace kfs {

using turn_atom = caf::atom_constant<caf::atom("turn")>;
using owned_atom = caf::atom_constant<caf::atom("owned")>;

/// The supervisor with the messages that it sends to itself.
using supervisor_front = supervisor_actor::extend<
    // A turn of that consumer has ended and another command waits for it.
    caf::reacts_to<turn_atom, consumer_id>,
    // It changed who runs that consumer; an empty id: who runs any.
    caf::reacts_to<owned_atom, consumer_id>>;

}  // namespace kfs
