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

/// What a dead-letter actor needs.
struct dead_letter_environment {
  consumer_spec_ptr spec;
  kafka_clients& clients;
};

dead_letter_actor spawn_dead_letters(caf::actor_system& system, dead_letter_environment environment);

/// What one processor actor needs.
struct processor_environment {
  processor_spec spec;
  sink_ptr sink;
  recovery_options recovery;  ///< bounds of the back-off between attempts
  consumer_actor consumer;    ///< receives the reports of the processor
  std::shared_ptr<consumer_metrics> measured;
  logger log;
  bool sink_waits = false;  ///< the sink waits for a network, so the actor gets a thread of its own
  consumer_id owner = {};   ///< the consumer of the processor
  on_error_options on_error = {};
  dead_letter_actor letters = {};  ///< null unless on_error.policy is dead_letter
  std::shared_ptr<rejection_ledger> ledger = std::make_shared<rejection_ledger>();
  std::shared_ptr<work_gauge> gauge = std::make_shared<work_gauge>();  ///< shows when a call of the sink is running
  std::uint64_t incarnation = 0;  ///< number of the actor, as its consumer counts; part of its reports
  std::stop_token given_up = {};  ///< once requested, the processor begins nothing more
};

processor_actor spawn_processor(caf::actor_system& system, processor_environment environment);

}  // namespace kfs
