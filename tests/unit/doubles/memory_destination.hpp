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
  /// `group` is the consumer's group. `complain` is called with a sentence that describes a violation.
  memory_destination(std::string name, std::string group, simulated_cluster& cluster,
                     std::function<void(std::string)> complain)
      : name_(std::move(name)), group_(std::move(group)), cluster_(cluster), complain_(std::move(complain)) {}

  /// The sink rejected this record. It may be missing if the policy has been applied to it.
  void rejected(const record_name& record) { rejected_.insert(record); }
  /// A policy that the consumer has, or had earlier.
  void policy(rejection_policy configured) { policies_.insert(configured); }

  /// Records from this offset on may be written again, because an operator reset the offset or the sink reported that
  /// it has no offset.
  void may_repeat(partition_number partition, std::int64_t from);
  /// Records below this offset may be missing, because another log may have had its records at known offsets.
  void excuse(partition_number partition, std::int64_t below);

  void write(const batch& records);
  void start_at(partition_number partition, offset start);
  /// The offset of the next record; nullopt when the destination has no offset.
  [[nodiscard]] std::optional<offset> next_offset(partition_number partition) const;

  /// Describes a record of the current logs that is missing; empty when none is.
  [[nodiscard]] std::string missing() const;

  [[nodiscard]] std::uint64_t records() const noexcept { return records_; }
  [[nodiscard]] std::uint64_t skipped() const noexcept { return skipped_; }

 private:
  struct partition_state {
    std::optional<offset> next;
    int life = 0;                         ///< the life of the log that `next` belongs to
    std::optional<std::int64_t> began;    ///< the first offset written in the current life
    std::int64_t excused = 0;             ///< records below may be missing
    std::optional<std::int64_t> repeats;  ///< records from this offset on may be written again
    std::map<std::int64_t, int> written;  ///< by offset: the log's life of the latest record written there
  };
  void begin(partition_number partition);
  void check_complete(const batch& records, const batch_range& range, partition_state& state);
  [[nodiscard]] std::int64_t first_offset(partition_number partition) const;
  [[nodiscard]] bool policy_applied(const record_name& record) const;
  [[nodiscard]] static std::set<std::int64_t> offsets_of(const batch& records, partition_number partition, int& life);

  const std::string name_;
  const std::string group_;
  simulated_cluster& cluster_;
  const std::function<void(std::string)> complain_;
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
  result<std::vector<std::optional<offset>>> positions(const record_source&,
                                                       std::span<const partition_number> partitions) override {
    std::vector<std::optional<offset>> found;
    for (const auto partition : partitions) found.push_back(destination_->next_offset(partition));
    return found;
  }
  result<void> start_at(const record_source&, std::span<const partition_offset> starts) override {
    for (const auto& [partition, position] : starts) destination_->start_at(partition, position);
    return {};
  }
  result<void> close() override { return {}; }

 private:
  std::shared_ptr<memory_destination> destination_;
};

}  // namespace kfs::test
