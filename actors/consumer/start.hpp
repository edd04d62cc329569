#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "actors/consumer/core/log_identity.hpp"
#include "actors/consumer/core/start_plan.hpp"
#include "actors/consumer/processors.hpp"
#include "actors/consumer/spawn.hpp"

namespace kfs {

/// A partition that can be read, and its first offset.
struct ready_partition {
  partition_number partition = 0;
  std::optional<offset> start;      ///< nullopt when auto_offset_reset decides
  std::optional<offset> committed;  ///< by the group
  std::optional<offset> stale;      ///< the first position is to be reported: the known offset in an earlier log, or 0
  bool from_beginning = false;      ///< without `start`: read from the beginning, whatever auto_offset_reset says
  bool by_order = false;            ///< somebody set the group's offset
};

/// Finds the offsets at which assigned partitions begin: asks the group and then the sinks, sets the offsets of sinks
/// that differ, and marks an offset that an operator set (core/start_plan.hpp). Each step begins when the step before
/// it is durable. Knows the identity of each partition's log.
///
/// Ownership and threading: part of one consumer actor; its environment, client and processors outlive it.
class consumer_start {
 public:
  using ready_function = std::function<void(const std::vector<ready_partition>&)>;

  /// `ready` is called for partitions that may be read, unless they were forgotten before.
  consumer_start(const consumer_environment& environment, kafka_consumer& client, consumer_processors& processors,
                 ready_function ready)
      : environment_(environment),
        client_(client),
        processors_(processors),
        from_beginning_(environment.options.auto_offset_reset == "earliest"),
        to_latest_(environment.options.auto_offset_reset == "latest"),
        ready_(std::move(ready)),
        topic_was_missing_(environment.topic_was_missing) {}

  void begin(const std::vector<partition_number>& partitions);

  /// Stops looking for the offsets of partitions that are no longer owned or read.
  void forget(const std::vector<partition_number>& partitions);
  void forget_all();

  /// The topic does not exist. A topic of this name that is found later is another topic, unless the group has an
  /// offset for it.
  void topic_is_missing() {
    topic_was_missing_ = true;
    begun_.clear();
  }

  /// Records of these ranges go to the sinks, so the offsets of the sinks belong to the present log from now on.
  void delivered(std::span<const batch_range> ranges);

  /// The processors whose sinks have to be told that the log of an owned partition begins anew, or that its first
  /// position has become known.
  [[nodiscard]] std::vector<std::size_t> sinks_to_tell(const partition_offset& start) const;
  /// Gives a log that begins anew another identity, and sets its start in these sinks. `told` is called for each where
  /// that is durable. Returns whether the log begins anew.
  bool log_restarted(const partition_offset& start, const std::function<void()>& told);

  /// The partitions whose start in such a log is committed now, so they may begin() again.
  [[nodiscard]] std::vector<partition_number> restarted(const struct commit_finished& event);

  /// The topic has `partitions` partitions. Partitions that are added later are read from their beginning.
  void topic_has(int partitions);

  void located(const partitions_located& event);
  void commit_finished(const struct commit_finished& event);
  /// Asks again for the partitions for which the group did not answer.
  void ticked();
  /// No partition waits for its first offset.
  [[nodiscard]] bool idle() const noexcept { return waiting_.empty(); }
  /// The assigned partitions whose first offset is not known yet.
  [[nodiscard]] std::vector<partition_number> waiting() const;

  /// Where the records come from; null before the group has answered.
  [[nodiscard]] const record_source_ptr& source() const noexcept { return source_; }

 private:
  using round_number = std::uint64_t;
  /// What the group and the sinks answer about partitions.
  struct inquiry {
    round_number round = 0;
    std::string topic_id;
    std::vector<located_partition> partitions;
    std::vector<sink_positions> sinks;  ///< by processor
    std::size_t open = 0;               ///< sinks that have not answered yet
  };
  using inquiry_ptr = std::shared_ptr<inquiry>;

  [[nodiscard]] bool is_added(partition_number partition) const;
  [[nodiscard]] bool is_current(partition_number partition, round_number round) const;
  void ask_sinks(const inquiry_ptr& answers);
  void tell_sinks(const inquiry& answers);
  /// The identity of a partition's present log.
  struct known_log {
    log_identity identity;
    bool is_anew = false;  ///< no stored position belongs to it yet
  };
  [[nodiscard]] known_positions known_of(const inquiry& answers, std::size_t index) const;
  void name_log(partition_number partition, const known_log& log);
  [[nodiscard]] bool was_made_again(partition_number partition) const;
  [[nodiscard]] ready_partition ready_at(partition_number partition, const start_plan& plan,
                                         const known_positions& known) const;
  void warn_of_missing_offset(partition_number partition, offset start) const;
  void finish(const std::vector<ready_partition>& plain, const std::vector<ready_partition>& ordered,
              round_number round);
  void mark(const std::vector<ready_partition>& ordered);

  const consumer_environment& environment_;
  kafka_consumer& client_;
  consumer_processors& processors_;
  const bool from_beginning_;  ///< auto_offset_reset is earliest
  const bool to_latest_;       ///< auto_offset_reset is latest
  const ready_function ready_;
  bool topic_was_missing_;
  std::map<partition_number, bool> begun_;  ///< ready since the topic was missing; true once records came
  std::optional<int> first_partitions_;     ///< number of partitions when this consumer first saw the topic
  record_source_ptr source_;
  round_number rounds_ = 0;
  std::map<partition_number, round_number> waiting_;      ///< not ready yet, with their latest round
  std::set<partition_number> unlocated_;                  ///< the group did not answer; asked again at the next tick
  std::map<partition_number, ready_partition> unmarked_;  ///< the start is being committed with our mark
  std::map<partition_number, known_log> logs_;            ///< of partitions that were located
  std::map<partition_number, offset> restarts_;           ///< starts that were reported and are not committed yet
  /// By processor: the position of its sink in the present log. Only of partitions where a sink has none and is told
  /// the first one.
  std::map<partition_number, std::vector<std::optional<offset>>> first_told_;
};

}  // namespace kfs
