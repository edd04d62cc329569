#pragma once

#include <exception>

#include "actors/messages.hpp"

namespace kfs {

/// Turns an exception that escaped a message handler into the error with which its actor ends: actor_died with the
/// exception's own text. Every actor of ours sets it as its exception handler.
caf::error died_of(const std::exception_ptr& thrown);

}  // namespace kfs
