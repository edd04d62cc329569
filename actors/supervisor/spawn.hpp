#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/change_feed.hpp"
#include "actors/consumer/spawn.hpp"
#include "actors/ownership.hpp"

namespace kfs {

class consumer_rules;
class metrics;

/// Where an actor runs: in a thread of its own, or in the scheduler's (for tests that drive the scheduler by hand).
enum class runs_in : std::uint8_t { own_thread, scheduler };

/// What a change means, and what may be shown of a consumer.
struct specification_rules {
  /// The next revision that a PUT's body asks for, or every mistake that the body has. The same revision when it
  /// changes nothing.
  std::function<tl::expected<consumer_spec, std::vector<violation>>(const json& body, const consumer_spec& stored)>
      changed;
  /// A copy in which every secret is masked.
  std::function<consumer_spec(const consumer_spec&)> masked;
};

/// The rules of this server. `rules` outlives what is returned.
specification_rules specification_rules_of(const consumer_rules& rules);

/// What the supervisor and its children need of the process; everything outlives the actor system.
struct supervisor_environment {
  store_actor store;
  kafka_clients& clients;
  const sink_environment& sinks;
  metrics& measured;
  logger log;
  std::string replica;
  specification_rules rules;
  change_feed_ptr changes = std::make_shared<change_feed>();  ///< where all that happens to consumers is told
  policy_defaults policies = {};                              ///< of consumers whose options say nothing
  std::shared_ptr<ownership> owned = nullptr;  ///< nullptr: whoever holds the store's session runs every consumer
  /// Starts a consumer; tests start others.
  std::function<consumer_actor(caf::actor_system&, consumer_environment)> start_consumer = spawn_consumer;
};

/// Starts the supervisor with what the store held; without it, the supervisor loads that as soon as the store answers.
/// It runs in a thread of its own, so that work of consumers never delays an answer. Consumers whose target is started
/// are started.
supervisor_actor spawn_supervisor(caf::actor_system& system, supervisor_environment environment,
                                  std::optional<std::vector<consumer_spec>> stored,
                                  runs_in where = runs_in::own_thread);

}  // namespace kfs
