#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "actors/consumer/core/start_plan.hpp"
#include "actors/consumer/processor_link.hpp"
#include "actors/consumer/spawn.hpp"

namespace kfs {

/// A partition that can be read, and from where.
struct ready_partition {
  partition_number partition = 0;
  std::optional<offset> start;      ///< none: where auto_offset_reset says
  std::optional<offset> committed;  ///< by the group
  std::optional<offset> stale;      ///< up to where a sink stands in a log that is gone; none: it is the same log
  bool from_beginning = false;      ///< without `start`: at the log's beginning, whatever auto_offset_reset says
};

/// Finds out where assigned partitions have to begin: asks the group and then the sinks, tells the sinks what they have
/// to know, and marks an offset that an operator set (core/start_plan.hpp), each step after the one before it is
/// durable.
///
/// Ownership and threading: part of one consumer actor. What fails is tried again by ticked().
class consumer_start {
 public:
  using ready_function = std::function<void(const std::vector<ready_partition>&)>;

  /// `ready` is called for partitions that may be read, unless they were forgotten before.
  consumer_start(const consumer_environment& environment, ready_function ready)
      : environment_(environment),
        topic_was_missing_(environment.topic_was_missing),
        from_beginning_(environment.options.auto_offset_reset == "earliest"),
        to_latest_(environment.options.auto_offset_reset == "latest"),
        ready_(std::move(ready)) {}

  /// `client` and `processors` outlive what is under way.
  void begin(const std::vector<partition_number>& partitions, kafka_consumer& client,
             std::deque<processor_link>& processors);

  /// They are not ours any more, or nothing is read any more.
  void forget(const std::vector<partition_number>& partitions);
  void forget_all();

  /// The topic does not exist: one of its name that is found later is another one, if the group has no offset of it.
  void topic_is_missing() {
    topic_was_missing_ = true;
    begun_.clear();
  }

  /// Records of partitions that were ready are handed to the sinks: from then on these stand in the log that is there.
  void delivered(std::span<const batch_range> ranges);

  /// How many partitions the topic has. What is added later is read from its beginning.
  void topic_has(int partitions);

  void located(const partitions_located& event);
  void commit_finished(const struct commit_finished& event);
  void ticked();
  /// Nothing is under way.
  [[nodiscard]] bool idle() const noexcept { return waiting_.empty(); }
  /// Assigned, and it is not known yet where they begin.
  [[nodiscard]] std::vector<partition_number> waiting() const;

  [[nodiscard]] const record_source_ptr& source() const noexcept { return source_; }

 private:
  using round_number = std::uint64_t;
  struct inquiry {
    round_number round = 0;
    std::vector<located_partition> partitions;
    std::vector<sink_positions> stand;  ///< by processor
    std::size_t open = 0;               ///< answers that are still to come
  };
  using inquiry_ptr = std::shared_ptr<inquiry>;

  [[nodiscard]] bool is_added(partition_number partition) const;
  [[nodiscard]] bool is_current(partition_number partition, round_number round) const;
  void ask_sinks(const inquiry_ptr& of);
  void tell_sinks(const inquiry_ptr& of);
  [[nodiscard]] ready_partition without_offset(partition_number partition, const start_plan& plan,
                                               std::span<const std::optional<offset>> sinks) const;
  void warn_of_missing_offset(partition_number partition, offset start) const;
  void finish(const std::vector<ready_partition>& plain, const std::vector<ready_partition>& ordered,
              round_number round);
  void mark(const std::vector<ready_partition>& ordered);

  const consumer_environment& environment_;
  bool topic_was_missing_;
  std::map<partition_number, bool> begun_;  ///< ready since the topic was missing, and whether records came of it
  const bool from_beginning_;               ///< partitions without any offset are read
  const bool to_latest_;                    ///< and here they are not, unless they were made later
  std::optional<int> first_partitions_;     ///< how many the topic had when this consumer came to know it
  ready_function ready_;
  kafka_consumer* client_ = nullptr;
  std::deque<processor_link>* processors_ = nullptr;
  record_source_ptr source_;
  round_number rounds_ = 0;
  std::map<partition_number, round_number> waiting_;      ///< all that are not ready, and the round that is for them
  std::set<partition_number> unlocated_;                  ///< the group did not say; asked again
  std::map<partition_number, ready_partition> unmarked_;  ///< an operator's offset is being marked
};

}  // namespace kfs
