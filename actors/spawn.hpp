#pragma once

#include <memory>
#include <string>

#include "actors/interfaces.hpp"
#include "config/logger.hpp"
#include "processors/sink_registry.hpp"

namespace kfs {

class consumer_store;
class metrics;

/// Starts the store actor, in a thread of its own. It owns the store.
store_actor spawn_store(caf::actor_system& system, std::unique_ptr<consumer_store> store);

/// What the supervisor and its children need of the process; everything outlives the actor system.
struct supervisor_environment {
  store_actor store;
  kafka_clients& clients;
  const sink_environment& sinks;
  metrics& measured;
  logger log;
  std::string replica;
};

/// Starts the supervisor, in a thread of its own, so that work of consumers never delays an answer.
supervisor_actor spawn_supervisor(caf::actor_system& system, supervisor_environment environment);

/// Starts the actor that asks clusters questions.
kafka_admin_actor spawn_kafka_admin(caf::actor_system& system, kafka_admin& admin);

}  // namespace kfs
