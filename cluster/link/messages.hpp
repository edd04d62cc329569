#pragma once

#include <caf/all.hpp>
#include <cstdint>
#include <string>

#include "actors/messages.hpp"
#include "actors/replication.hpp"
#include "cluster/link/peer.hpp"

namespace kfs {

using hello_atom = caf::atom_constant<caf::atom("hello")>;
using dial_atom = caf::atom_constant<caf::atom("dial")>;
using directory_atom = caf::atom_constant<caf::atom("directory")>;

/// What a replica publishes for the others. CAF compares the whole interface when it connects, so a message that is
/// added or changed needs the next link_protocol(): replicas of different protocols work through the store.
///
/// Messages name consumers and changes; no specification, which may hold secrets, leaves a process in one.
using gateway_actor = caf::typed_actor<
    // Begins a link with the gateway that sends it: a greeting (greeting.hpp), answered with the own one. Refused when
    // the store, as this replica knows it, shows no such replica and run.
    caf::replies_to<hello_atom, std::string>::with<std::string>,
    // A change of that number of a consumer is stored. Answers when this replica knows it.
    caf::replies_to<changed_atom, consumer_id, change_number>::with<done>,
    // What the sender observes of the consumers that it runs (report_message.hpp). The next one is sent when this one
    // is answered.
    caf::replies_to<told_atom, std::string>::with<done>>;

/// The gateway with the messages of its own process.
using link_actor = gateway_actor::extend<
    // Sent by the coordinator when it has changed who lives.
    caf::reacts_to<directory_atom, link_directory_ptr>,
    // What this replica observes; sent to every linked one.
    caf::reacts_to<observed_atom, instance_reports>,
    // As announcer_actor says.
    caf::replies_to<announce_atom, consumer_id, change_number>::with<done>,
    // Sent to itself: dials.
    caf::reacts_to<tick_atom>>;

/// Connects to other replicas. Runs in a thread of its own, because it resolves names. While it connects nowhere it
/// may replace the certificates.
using link_dialer_actor = caf::typed_actor<
    // Connects to the gateway at host:port, within a few seconds.
    // Errors: cannot_apply, with a sentence that says why.
    caf::replies_to<dial_atom, std::string>::with<gateway_actor>,
    // Sent to itself: looks for other certificates.
    caf::reacts_to<tick_atom>>;

}  // namespace kfs

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::link_directory_ptr)
