#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "processors/sink.hpp"
#include "tests/unit/doubles/simulated_cluster.hpp"

namespace kfs::test {

/// The destination of one processor's records, in memory. It keeps its own offsets and skips records that it already
/// has. It compares every batch with the cluster's logs and complains when a record is missing, duplicated or out of
/// order.
///
/// Ownership: outlives the sinks that write to it; the cluster outlives it.
/// Threading: none.
class memory_destination {
 public:
  /// `group` is the consumer's group. `complain` is called with a sentence that describes a violation. `is_used` tells
  /// whether the consumer still writes to the destination of this name.
  memory_destination(std::string name, std::string group, simulated_cluster& cluster,
                     std::function<void(std::string)> complain, std::function<bool(const std::string&)> is_used)
      : name_(std::move(name)),
        group_(std::move(group)),
        cluster_(cluster),
        complain_(std::move(complain)),
        is_used_(std::move(is_used)) {}

  /// The sink rejected this record. It may be missing if the policy has been applied to it.
  void rejected(const record_name& record) { rejected_.insert(record); }
  /// A policy that the consumer has, or had earlier.
  void policy(rejection_policy configured) { policies_.insert(configured); }

  /// Records of the present log from this offset on may be written again, because an operator reset the offset.
  void may_repeat(partition_number partition, std::int64_t from);
  /// Records of this partition may be written again, because the sink lies about its offsets.
  void lied(partition_number partition) { states_[partition].lied = true; }
  /// Records of the present log below this offset may be missing, because an operator set the offset.
  void may_miss(partition_number partition, std::int64_t below);

  void write(const batch& records);
  void start_at(const sink_start& start);
  /// Where the next record belongs; nullopt when the destination has no offset.
  [[nodiscard]] std::optional<stored_position> position(partition_number partition) const;
  [[nodiscard]] std::optional<offset> next_offset(partition_number partition) const;

  /// Describes a record of the current logs that is missing; empty when none is.
  [[nodiscard]] std::string missing() const;

  [[nodiscard]] std::uint64_t records() const noexcept { return records_; }
  [[nodiscard]] std::uint64_t skipped() const noexcept { return skipped_; }

 private:
  struct partition_state {
    std::optional<offset> next;
    std::string log;                      ///< the identity of the log, as it was told
    int life = 0;                         ///< the life of the log that `next` belongs to
    int topic = 0;                        ///< the life of its topic
    std::optional<std::int64_t> began;    ///< the first offset written in the current life
    int missed_life = 0;                  ///< the life in which records below `missed_below` may be missing
    std::int64_t missed_below = 0;        ///<
    int repeats_life = 0;                 ///< the life in which records from `repeats` on may be written again
    std::optional<std::int64_t> repeats;  ///<
    bool lied = false;                    ///< any record may be written again
    std::map<std::int64_t, int> written;  ///< by offset: the log's life of the latest record written there

    void miss(int of_life, std::int64_t below);
    [[nodiscard]] std::int64_t missed(int of_life) const { return missed_life == of_life ? missed_below : 0; }
    [[nodiscard]] bool may_repeat(int of_life, std::int64_t position) const;
  };
  void notice_life(partition_number partition, partition_state& state, int life);
  void check_complete(const batch& records, const batch_range& range, partition_state& state);
  [[nodiscard]] std::int64_t first_offset(partition_number partition) const;
  [[nodiscard]] bool policy_applied(const record_name& record) const;
  [[nodiscard]] static std::set<std::int64_t> offsets_of(const batch& records, partition_number partition, int& life);

  const std::string name_;
  const std::string group_;
  simulated_cluster& cluster_;
  const std::function<void(std::string)> complain_;
  const std::function<bool(const std::string&)> is_used_;
  std::map<partition_number, partition_state> states_;
  std::set<record_name> rejected_;
  std::set<rejection_policy> policies_;
  std::uint64_t records_ = 0;
  std::uint64_t skipped_ = 0;
};

/// A sink that writes to a destination in memory and never fails.
class memory_sink final : public sink {
 public:
  explicit memory_sink(std::shared_ptr<memory_destination> destination) : destination_(std::move(destination)) {}
  result<void> open() override { return {}; }
  result<rejections> write(const batch& records) override {
    destination_->write(records);
    return rejections{};
  }
  result<std::vector<std::optional<stored_position>>> positions(const record_source&,
                                                                std::span<const partition_number> partitions) override {
    std::vector<std::optional<stored_position>> found;
    for (const auto partition : partitions) found.push_back(destination_->position(partition));
    return found;
  }
  result<void> start_at(const record_source&, std::span<const sink_start> starts) override {
    for (const auto& start : starts) destination_->start_at(start);
    return {};
  }
  result<void> close() override { return {}; }

 private:
  std::shared_ptr<memory_destination> destination_;
};

}  // namespace kfs::test
