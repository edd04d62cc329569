#pragma once

#include <memory>
#include <vector>

#include "actors/answer.hpp"
#include "actors/consumer/batch_reader.hpp"
#include "actors/consumer/core/assignment.hpp"
#include "actors/consumer/core/consumption_watch.hpp"
#include "actors/consumer/ending.hpp"
#include "actors/consumer/processors.hpp"
#include "actors/consumer/reporter.hpp"
#include "actors/consumer/settlement.hpp"
#include "actors/consumer/spawn.hpp"
#include "actors/consumer/start.hpp"
#include "actors/consumer/tick_timer.hpp"

namespace kfs {

/// Hands a Kafka client to kafka_clients::see_off() instead of destroying it.
struct see_off_client {
  kafka_clients* clients = nullptr;
  void operator()(kafka_consumer* client) const { clients->see_off(std::unique_ptr<kafka_consumer>(client)); }
};
using owned_client = std::unique_ptr<kafka_consumer, see_off_client>;

/// The behaviour of one consumer actor, composed of its parts: passes batches from the reader to the processors, and
/// messages and events of Kafka to the parts that they concern.
///
/// It never blocks: everything that Kafka or a processor answers arrives as an event.
///
/// Ownership and threading: the state of one consumer actor, and only ever called by it.
class consumer_runner {
 public:
  /// Starts the processors. Their types are known (spawn_consumer checks that).
  consumer_runner(consumer_actor::pointer self, consumer_environment environment, owned_client client);
  ~consumer_runner() = default;
  consumer_runner(const consumer_runner&) = delete;
  consumer_runner& operator=(const consumer_runner&) = delete;

  /// Connects. Errors: as kafka_consumer::start() says; the consumer is of no use then.
  result<void> start();

  void woken();
  void filled();
  void ticked();
  void processor_reported(const processor_report& report);
  void child_ended(const caf::actor_addr& child, const caf::error& reason);
  void retry_now();
  void pause(const paused_partitions& paused);
  void drain(departure how, owed_answer<done> answer);

 private:
  void pump();
  void wait_for_rate();
  void hand_over(const batch_ptr& records);
  void acknowledged(assignment::batch_number batch);
  bool is_durable(assignment::batch_number batch);
  void begin_reading(const std::vector<ready_partition>& ready);
  void make_room();
  void give_back_settled();
  void settle();

  void handle(const partitions_assigned& event);
  void handle(const partitions_revoked& event);
  void handle(const partitions_located& event);
  void handle(const log_restarted& event);
  void handle(const partition_end& event);
  void handle(const commit_finished& event);
  void handle(const kafka_fault& event);
  void handle(const kafka_sample& event);
  void handle(const log_ends_told& event);
  void handle(const client_closed&) { ending_.client_closed(); }

  void end(std::chrono::milliseconds bound, const std::optional<error>& reason, departure how = departure::leave);
  [[nodiscard]] bool waits_for_what_fails() const;
  void finish_processors();
  void finish();
  void ask_log_ends();
  void schedule_tick();
  void observe();
  void measure_in_flight();
  [[nodiscard]] consumption look() const;
  [[nodiscard]] std::chrono::steady_clock::time_point at() const { return self_->clock().now(); }

  consumer_actor::pointer self_;
  const consumer_environment environment_;
  const owned_client client_;
  const std::unique_ptr<client_metrics> client_measured_;
  assignment assigned_;
  consumption_watch watch_;
  consumer_processors processors_;
  consumer_start start_;
  consumer_settlement settlement_;
  consumer_ending ending_;
  batch_reader reader_;
  consumer_reporter reporter_;
  tick_timer ticks_;
};

}  // namespace kfs
