#pragma once

namespace kfs {

/// The version of what replicas tell each other over links (messages.hpp). It grows by one with every change of those
/// messages.
inline constexpr int latest_link_protocol = 3;

/// The protocol of this program, which it writes into its row of the store. Replicas of different protocols have no
/// link.
///
/// The linker decides what this function returns: latest_link_protocol in the server, the next one in the server of
/// tests/support/next_link_protocol.cpp, with which tests run two versions side by side.
/// Threading: may be called from any thread.
int link_protocol();

}  // namespace kfs
