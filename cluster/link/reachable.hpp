#pragma once

#include <chrono>
#include <string>

#include "config/base/endpoint.hpp"
#include "config/base/error.hpp"

namespace kfs {

/// An address of that host at which the port accepts a connection: resolves the name, and tries its addresses, each for
/// at most `patience`. CAF's own attempt has no bound, so it is made only after this one.
/// Blocks. Errors: cannot_apply, with a sentence that says why.
result<std::string> reachable_address(const endpoint& place, std::chrono::milliseconds patience);

}  // namespace kfs
