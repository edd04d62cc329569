#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "actors/interfaces.hpp"
#include "config/base/logger.hpp"

namespace kfs {

class consumer_store;

/// Called after each operation of the store, on the actor's thread; must not block. `operation` is one of a few words.
using store_observer = std::function<void(std::string_view operation, std::chrono::steady_clock::duration took,
                                          const std::optional<error>& failed)>;

/// Starts the store actor in a thread of its own. The actor owns the store and closes it when it ends. `observe` may be
/// empty.
store_actor spawn_store(caf::actor_system& system, std::unique_ptr<consumer_store> store, logger log,
                        store_observer observe = {});

}  // namespace kfs
