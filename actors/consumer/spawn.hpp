#pragma once

#include <functional>
#include <memory>

#include "actors/event_log.hpp"
#include "actors/processor/spawn.hpp"
#include "actors/pulse.hpp"
#include "processors/sink_registry.hpp"

namespace kfs {

/// What one consumer actor, an instance of a consumer, is made of.
struct consumer_environment {
  consumer_spec_ptr spec;
  consumer_options options;  ///< the spec's, with the server's defaults
  /// Receives every observation; called on the consumer's thread, must not block.
  std::function<void(observation_ptr)> observe;
  kafka_clients& clients;
  const sink_environment& sinks;
  std::shared_ptr<consumer_metrics> measured;
  logger log;
  bool topic_was_missing = false;  ///< when this consumer last ran
  int instance = 0;                ///< which of the consumer's members of the group this is
  /// Of this configuration, over restarts of the actor.
  std::shared_ptr<rejection_ledger> rejections = std::make_shared<rejection_ledger>();
  /// The processor type of that name, or null.
  std::function<const sink_type*(std::string_view)> find_type = find_sink_type;
  event_log_ptr events = std::make_shared<event_log>();
  std::shared_ptr<pulse> beats = {};  ///< it shows there that it responds; null: nobody looks
  std::function<processor_actor(caf::actor_system&, processor_environment)> start_processor = spawn_processor;
};

/// Starts one instance of a consumer (environment.instance): a member of its group with processors of its own. It ends
/// by itself after a drain, or with an error that says why it could not go on; whoever starts it monitors it.
consumer_actor spawn_consumer(caf::actor_system& system, consumer_environment environment);

}  // namespace kfs
