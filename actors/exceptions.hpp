#pragma once

#include <exception>

#include "actors/messages.hpp"

namespace kfs {

/// Makes the error with which an actor ends when an exception escapes a message handler: actor_died with the
/// exception's text. Every actor of this server uses it in its exception handler.
caf::error died_of(const std::exception_ptr& thrown);

}  // namespace kfs
