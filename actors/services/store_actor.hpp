#pragma once

#include <memory>

#include "actors/interfaces.hpp"
#include "config/base/logger.hpp"

namespace kfs {

class consumer_store;

/// Starts the store actor in a thread of its own. The actor owns the store and closes it when it ends.
store_actor spawn_store(caf::actor_system& system, std::unique_ptr<consumer_store> store, logger log);

}  // namespace kfs
