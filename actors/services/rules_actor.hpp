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
  /// The stored consumer, or what the lists of its tenant do not allow any more.
  std::function<validated<consumer_spec>(const consumer_spec& stored)> startable = {};
};

/// What of a consumer lies beyond the limits of its tenant. Called from any thread; may read the file system.
using tenant_limits_check = std::function<std::vector<violation>(const consumer_spec&)>;

/// The rules of this server. `rules` outlives what is returned.
specification_rules specification_rules_of(const consumer_rules& rules, const consumer_lister& all_consumers,
                                           const tenant_limits_check& beyond_limits);

/// Asks the store for all consumers, and waits for the answer, which is null after three seconds. To be called from a
/// thread that may wait; `system` outlives what is returned.
consumer_lister consumers_in(caf::actor_system& system, const store_actor& store);

/// Starts the actor that checks bodies, each in a thread of its own (or, for tests, in the scheduler's).
rules_actor spawn_rules(caf::actor_system& system, specification_rules rules, runs_in where = runs_in::own_thread);

}  // namespace kfs
