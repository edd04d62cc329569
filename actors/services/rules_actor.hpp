#pragma once

#include <functional>

#include "actors/interfaces.hpp"
#include "config/consumers/rules.hpp"

namespace kfs {

/// What the body of a request means. The functions are called from any thread, and may read the file system.
struct specification_rules {
  /// The consumer that the body of a POST asks for, or every mistake that the body has.
  std::function<validated<consumer_spec>(const json& body)> created;
  /// The next revision that the body of a PUT asks for, or every mistake that the body has. The same revision when it
  /// changes nothing.
  std::function<validated<consumer_spec>(const json& body, const consumer_spec& stored)> changed;
};

/// The rules of this server. `rules` outlives what is returned.
specification_rules specification_rules_of(const consumer_rules& rules, const consumer_lister& all_consumers);

/// Asks the store for all consumers, and waits for the answer, which is null after three seconds. To be called from a
/// thread that may wait; `system` outlives what is returned.
consumer_lister consumers_in(caf::actor_system& system, const store_actor& store);

/// Starts the actor that checks bodies, each in a thread of its own (or, for tests, in the scheduler's).
rules_actor spawn_rules(caf::actor_system& system, specification_rules rules, runs_in where = runs_in::own_thread);

}  // namespace kfs
