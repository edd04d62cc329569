#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>

#include "actors/core/rejection_ledger.hpp"
#include "actors/core/restart_policy.hpp"
#include "actors/event_log.hpp"
#include "actors/interfaces.hpp"
#include "actors/metrics/metrics.hpp"
#include "actors/pulse.hpp"
#include "config/logger.hpp"
#include "processors/sink.hpp"
#include "processors/sink_registry.hpp"

namespace kfs {

/// What a dead-letter actor is made of.
struct dead_letter_environment {
  consumer_spec_ptr spec;
  kafka_clients& clients;
};

dead_letter_actor spawn_dead_letters(caf::actor_system& system, dead_letter_environment environment);

/// What one processor actor is made of.
struct processor_environment {
  processor_spec spec;
  sink_ptr to;
  recovery_options recovery;  ///< back-off between attempts at a failed batch
  consumer_actor consumer;    ///< is told how the processor is doing
  std::shared_ptr<consumer_metrics> measured;
  logger log;
  bool sink_waits = false;  ///< for a network: the actor gets a thread of its own
  consumer_id of = {};
  on_error_options on_error = {};
  dead_letter_actor letters = {};  ///< with the policy dead_letter
  std::shared_ptr<rejection_ledger> refusals = std::make_shared<rejection_ledger>();
  std::shared_ptr<work_gauge> gauge = std::make_shared<work_gauge>();  ///< shows that it is in its sink
  std::uint64_t incarnation = 0;                                       ///< is part of its reports
  std::stop_token given_up = {};                                       ///< it begins nothing more
};

processor_actor spawn_processor(caf::actor_system& system, processor_environment environment);

/// What one consumer actor is made of.
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
  std::shared_ptr<rejection_ledger> refusals = std::make_shared<rejection_ledger>();
  /// The processor type of that name, or null.
  std::function<const sink_type*(std::string_view)> find_type = find_sink_type;
  event_log_ptr events = std::make_shared<event_log>();
  std::shared_ptr<pulse> beats = {};  ///< each instance shows there that it comes round; null: nobody looks
  std::function<processor_actor(caf::actor_system&, processor_environment)> start_processor = spawn_processor;
};

/// Starts a consumer: as many members of its group as its options say, each with processors of its own, under one
/// handle. It ends by itself after a drain, or with an error that says why it could not go on; whoever starts it
/// monitors it.
consumer_actor spawn_consumer(caf::actor_system& system, consumer_environment environment);

/// Starts one member of the group, environment.instance.
consumer_actor spawn_instance(caf::actor_system& system, consumer_environment environment);

}  // namespace kfs
