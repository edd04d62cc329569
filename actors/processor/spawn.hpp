#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>

#include "actors/interfaces.hpp"
#include "actors/metrics/metrics.hpp"
#include "actors/processor/core/rejection_ledger.hpp"
#include "config/base/logger.hpp"
#include "processors/lifeline.hpp"
#include "processors/sink.hpp"

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

}  // namespace kfs
