#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/change_feed.hpp"
#include "actors/consumer/spawn.hpp"
#include "actors/kept_views.hpp"
#include "actors/ownership.hpp"
#include "actors/replication.hpp"

namespace kfs {

class metrics;

/// What the supervisor and its children need of the process; everything outlives the actor system.
struct supervisor_environment {
  store_actor store;
  kafka_clients& clients;
  const sink_environment& sinks;
  metrics& measured;
  logger log;
  std::string replica;
  rules_actor rules;
  std::function<consumer_spec(const consumer_spec&)> masked;          ///< a copy in which every secret is masked
  change_feed_ptr changes = std::make_shared<change_feed>();          ///< where all that happens to consumers is told
  std::shared_ptr<kept_views> kept = std::make_shared<kept_views>();  ///< what is answered, until it changes
  policy_defaults policies = {};                                      ///< of consumers whose options say nothing
  std::shared_ptr<ownership> owned = nullptr;  ///< nullptr: this replica is alone, and runs every consumer
  /// Where several replicas share the consumers: tells the others of those that run here. Empty: alone.
  std::function<void(std::vector<instance_report>)> report = {};
  std::optional<announcer_actor> announcer = {};  ///< nullopt: alone, or without links to other replicas
  std::function<void()> look_at_store = {};       ///< what the store holds may have changed; empty: alone
  /// Starts a consumer; tests start others.
  std::function<consumer_actor(caf::actor_system&, consumer_environment)> start_consumer = spawn_consumer;
};

/// Starts the supervisor with what the store held; without it, the supervisor loads that as soon as the store answers
/// (alone), or waits for the first wanted_changes (several replicas).
/// It runs in a thread of its own, so that work of consumers never delays an answer. Consumers whose target is started
/// are started.
supervisor_actor spawn_supervisor(caf::actor_system& system, supervisor_environment environment,
                                  std::optional<std::vector<consumer_spec>> stored,
                                  runs_in where = runs_in::own_thread);

}  // namespace kfs
