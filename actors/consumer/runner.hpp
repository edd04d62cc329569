#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "actors/answer.hpp"
#include "actors/consumer/core/assignment.hpp"
#include "actors/consumer/core/kafka_health.hpp"
#include "actors/consumer/core/question_slots.hpp"
#include "actors/consumer/core/stall_watch.hpp"
#include "actors/consumer/processor_link.hpp"
#include "actors/consumer/spawn.hpp"
#include "actors/consumer/start.hpp"

namespace kfs {

/// The behaviour of one consumer actor: reads batches while its processors have room, commits what all of them made
/// durable, answers the group's rebalances, and ends in good order.
///
/// It never blocks: everything that Kafka or a processor answers arrives as an event.
///
/// Ownership and threading: the state of one consumer actor, and only ever called by it.
class consumer_runner {
 public:
  /// Batches that may be handed over and not be acknowledged: one being written, one ready behind it.
  static constexpr std::size_t batches_in_flight = 2;
  /// How long records may wait for room before the partitions are paused, so that group membership is polled for.
  static constexpr std::chrono::milliseconds starved_before_pause{1'000};
  /// What is durable is committed every tick_interval, and earlier once it is so many records.
  static constexpr std::size_t commit_after_records = 100'000;
  static constexpr std::chrono::milliseconds tick_interval{1'000};
  /// While nothing is to be committed or waited for.
  static constexpr std::chrono::milliseconds resting_tick_interval{4'000};
  static constexpr std::chrono::milliseconds ending_tick_interval{20};
  /// How often the cluster is asked where logs end: while partitions are paused or a sink fails, so that lag is true;
  /// after a log was found to end beyond a partition that does not move; and at rest, where no question would be
  /// wanted.
  static constexpr std::chrono::milliseconds ask_while_held{2'000};
  static constexpr std::chrono::milliseconds ask_while_behind{10'000};
  static constexpr std::chrono::milliseconds ask_at_rest{30'000};
  /// How long an end waits for a group that is being joined. A static member that closes while it joins cannot leave,
  /// and would hold up the others of its group until its session ends.
  /// One that is still joining then is left to kafka_clients::see_off().
  static constexpr std::chrono::milliseconds joining_bound{5'000};
  /// For leaving the group and closing, after what is in hand has been settled.
  static constexpr std::chrono::milliseconds closing_bound{2'000};
  /// The same where the stop time-out is over already: it is what a stop is bounded by.
  static constexpr std::chrono::milliseconds overdue_closing_bound{500};

  consumer_runner(consumer_actor::pointer self, consumer_environment environment);
  ~consumer_runner();
  consumer_runner(const consumer_runner&) = delete;
  consumer_runner& operator=(const consumer_runner&) = delete;

  /// Connects and spawns the processors. On failure the actor ends with the reason.
  void start();

  void woken();
  void filled();
  void ticked();
  void processor_reported(const processor_report& report);
  void child_ended(const caf::actor_addr& who, const caf::error& reason);
  void retry_now();
  void drain(owed_answer<done> answer);

 private:
  using clock = std::chrono::steady_clock;
  using batch_number = assignment::batch_number;

  struct revoke {
    std::vector<partition_number> partitions;
    clock::time_point deadline;
  };
  struct held_batch {
    std::size_t processors = 0;  ///< that still write it
    std::size_t records = 0;
  };
  /// How far an orderly end has come.
  enum class ending : std::uint8_t { no, settling, closing, sinks };

  bool spawn_processors();
  void pump_when_filled();
  void pump();
  void handle(const kafka_event& event);
  void handle(const partitions_assigned& event);
  void handle(const partitions_revoked& event);
  void handle(const partitions_located& event);
  void handle(const log_restarted& event);
  void handle(const partition_end& event);
  void handle(const commit_finished& event);
  void handle(const kafka_fault& event);
  void handle(const kafka_sample& event);
  void handle(const log_ends_told& event);
  void handle(const client_closed& event);

  [[nodiscard]] bool has_room() const { return assigned_.batches_in_hand() < batches_in_flight; }
  void hand_over(batch_ptr records);
  [[nodiscard]] bool reads() const;
  [[nodiscard]] bool sinks_work() const;
  void judge_partitions();
  void watch_positions();
  void ask_log_ends();
  void judge_stalls();
  [[nodiscard]] std::optional<error> kafka_is_wrong(clock::time_point at) const;
  [[nodiscard]] std::optional<offset> log_end(partition_number partition) const;
  void acknowledged(batch_number batch);
  void settled(batch_number batch);
  void begin_reading(const std::vector<ready_partition>& ready);
  void make_room();
  void pause_if_starved();

  void commit();
  void settle_revoke();
  void give_back(const std::vector<partition_number>& partitions);

  [[nodiscard]] bool nobody_tries_again() const;
  void close_client(std::chrono::milliseconds bound);
  void begin_ending(std::chrono::milliseconds bound, std::optional<error> why);
  void advance_ending();
  void drain_processors();
  void finish();

  void schedule_tick();
  void tick_within(std::chrono::milliseconds bound);
  void observe();
  [[nodiscard]] observation look() const;
  [[nodiscard]] std::vector<partition_number> owned() const;
  void tell(event_kind kind, std::string what);
  void measure_lag(const std::vector<partition_report>& partitions);

  consumer_actor::pointer self_;
  const consumer_environment environment_;
  const consumer_options& options_;  ///< of the environment
  std::unique_ptr<kafka_consumer> client_;
  kafka_health health_;
  assignment assigned_;
  dead_letter_actor letters_;  ///< null unless refused records go to a topic
  std::deque<processor_link> processors_;
  consumer_start start_;
  std::map<batch_number, held_batch> unacknowledged_;
  std::size_t uncommitted_records_ = 0;  ///< durable since the last commit began
  std::optional<revoke> revoke_;
  std::set<partition_number> unheard_;  ///< owned, but neither a record nor the end has come yet
  std::optional<clock::time_point> starved_since_;
  stall_watch stalls_;
  std::vector<stalled_partition> known_stalls_;
  std::optional<error> stall_;  ///< of the known ones
  question_slots questions_;    ///< about log ends
  bool emptied_ = false;        ///< the client had no more records at the latest poll
  bool filling_ = false;        ///< a batch waits to fill
  bool paused_ = false;
  std::optional<clock::time_point> next_tick_;
  bool client_closed_ = false;
  bool connected_ = false;  ///< as last sampled
  bool joined_ = false;

  ending ending_ = ending::no;
  clock::time_point ending_deadline_;
  clock::time_point joining_deadline_;
  std::optional<error> ended_by_;
  std::vector<owed_answer<done>> drained_;
  std::size_t draining_processors_ = 0;

  std::optional<observation> last_observed_;
  std::optional<fault_report> kafka_fault_;  ///< as last seen, to keep the time at which it began
};

}  // namespace kfs
