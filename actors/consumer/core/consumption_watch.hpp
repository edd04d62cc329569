#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "actors/consumer/core/kafka_health.hpp"
#include "actors/consumer/core/question_slots.hpp"
#include "actors/consumer/core/stall_watch.hpp"
#include "config/consumers/orders.hpp"

namespace kfs {

/// A consumer as its watch looks at it.
struct consumption {
  std::vector<partition_position> owned;  ///< in ascending order
  bool polled = false;                    ///< the consumer takes everything that Kafka has
  bool sinks_work = false;                ///< no processor has a fault
  paused_partitions paused = {};          ///< by an operator: of these, nothing is expected
  std::chrono::steady_clock::time_point at;
  timestamp wall_clock;
};

/// Watches whether records come as they should: whether Kafka is well (kafka_health), whether every assigned partition
/// has been heard of, and whether logs go on while nothing of them comes (stall_watch). Says when to ask the cluster
/// where logs end.
///
/// Ownership and threading: part of one consumer actor; time is an argument.
class consumption_watch {
 public:
  using clock = std::chrono::steady_clock;
  /// How often the cluster is asked where logs end: while partitions are paused or a sink fails, so that lag is true;
  /// after a log was found to end beyond a partition that does not move; and at rest, when no answer is expected.
  static constexpr std::chrono::milliseconds ask_while_held{2'000};
  static constexpr std::chrono::milliseconds ask_while_behind{10'000};
  static constexpr std::chrono::milliseconds ask_at_rest{30'000};

  /// `member_id` spreads the questions of many consumers over time.
  consumption_watch(const std::string& bootstrap_servers, std::string topic, const std::string& member_id,
                    clock::time_point started_at);

  // What happens to partitions
  void assigned(std::span<const partition_number> partitions);
  /// A record of the partition, or its end, has come.
  void heard(partition_number partition) { unheard_.erase(partition); }
  void given_back(partition_number partition) { unheard_.erase(partition); }
  void log_restarted(partition_number partition) { stalls_.restarted(partition); }

  // What the client reports
  void sampled(const kafka_sample& sample, const consumption& now);
  /// `owned`: the partition that the fault names, if any, is owned.
  void faulted(const kafka_fault& fault, bool owned);
  /// `drained`: the client has no record left that it has not handed over.
  void log_ends_told(std::span<const partition_offset> ends, bool drained, const consumption& now);

  /// Called at every tick.
  void looked(const consumption& now);

  /// Whether to ask now where logs end. `held`: partitions are paused, or a sink fails. A question that is due counts
  /// as asked.
  [[nodiscard]] bool must_ask_log_ends(bool held, clock::time_point at);

  /// What is wrong with Kafka; nullopt when nothing is.
  [[nodiscard]] std::optional<error> fault(clock::time_point at) const;
  /// Nothing is wrong, a broker has answered, the group is joined, and every partition has been heard of.
  [[nodiscard]] bool healthy(clock::time_point at) const { return health_.healthy(at); }
  /// The client reported that it cannot go on.
  [[nodiscard]] bool client_failed() const noexcept { return health_.fatal(); }
  /// The consumer is in ERROR because no broker answers.
  [[nodiscard]] bool lost_kafka(clock::time_point at) const { return !connected_ && fault(at); }
  /// The end of the log as the cluster told last; nullopt when it has not told.
  [[nodiscard]] std::optional<offset> log_end(partition_number partition) const { return stalls_.log_end(partition); }
  /// As last sampled.
  [[nodiscard]] bool connected() const noexcept { return connected_; }
  [[nodiscard]] bool joined() const noexcept { return joined_; }

 private:
  void judge_stalls(const consumption& now);
  [[nodiscard]] std::optional<std::string> absent_partition() const;

  const std::string topic_;
  kafka_health health_;
  stall_watch stalls_;
  question_slots questions_;             ///< about log ends
  std::set<partition_number> unheard_;   ///< owned, but neither a record nor the end has come yet
  std::vector<stalled_partition> told_;  ///< the stalls of which stall_ tells
  std::optional<error> stall_;           ///< nullopt when no partition is stalled
  std::optional<int> partitions_;        ///< of the topic; nullopt when unknown
  bool connected_ = false;
  bool joined_ = false;
};

}  // namespace kfs
