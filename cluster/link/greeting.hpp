#pragma once

#include <string>

#include "cluster/link/peer.hpp"
#include "config/base/error.hpp"

namespace kfs {

/// How a replica presents itself to another at the begin of a link: JSON, so that versions of the server whose messages
/// differ understand each other's greeting.
std::string to_greeting(const link_peer& self);

/// Reads a greeting; members that this version does not know are ignored. `address` is empty.
/// Errors: invalid_request when it is not what to_greeting() writes.
result<link_peer> from_greeting(const std::string& text);

}  // namespace kfs
