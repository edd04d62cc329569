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

/// Where the records of one processor end up: keeps its own offsets, skips what it has, and outlives the sinks that
/// write to it. It looks at every batch with the cluster's eyes and says what breaks the promise: each record once, in
/// the order of its log, and none left out.
///
/// Threading: none.
class memory_destination {
 public:
  /// Of a consumer of that group. `complain` is told what is wrong, in words.
  memory_destination(std::string name, std::string group, simulated_cluster& cluster,
                     std::function<void(std::string)> complain)
      : name_(std::move(name)), group_(std::move(group)), cluster_(cluster), complain_(std::move(complain)) {}

  /// A record that the sink refuses may be left out, if it is dealt with as the policy says.
  void refused(const record_name& one) { refused_.insert(one); }
  void policy(refusal_policy which) { policies_.insert(which); }

  /// Records from there on may come again: somebody ordered it, or the sink said that it knows of nothing.
  void may_repeat(partition_number of, std::int64_t from);
  /// Nothing is asked of what lies below: records of another log may hide behind offsets that are known.
  void excuse(partition_number of, std::int64_t below);

  void write(const batch& records);
  void start_at(partition_number of, offset there);
  [[nodiscard]] std::optional<offset> stands(partition_number at) const;

  /// What of the present log is missing although it was to come; in words, empty: nothing.
  [[nodiscard]] std::string missing() const;

  [[nodiscard]] std::uint64_t records() const noexcept { return records_; }
  [[nodiscard]] std::uint64_t skipped() const noexcept { return skipped_; }

 private:
  struct place {
    std::optional<offset> stands;
    int life = 0;                         ///< of the log in which it stands
    std::optional<std::int64_t> began;    ///< in the present life
    std::int64_t excused = 0;             ///< below that nothing is asked
    std::optional<std::int64_t> repeats;  ///< from there on records may come again
    std::map<std::int64_t, int> has;      ///< offset → the last life of which it has a record there
  };
  void begin(partition_number of);
  void check_whole(const batch& records, const batch_range& range, place& at);
  [[nodiscard]] std::int64_t beginning(partition_number of) const;
  [[nodiscard]] bool dealt_with(const record_name& one) const;
  [[nodiscard]] static std::set<std::int64_t> offsets_of(const batch& records, partition_number partition, int& life);

  const std::string name_;
  const std::string group_;
  simulated_cluster& cluster_;
  const std::function<void(std::string)> complain_;
  std::map<partition_number, place> places_;
  std::set<record_name> refused_;
  std::set<refusal_policy> policies_;  ///< that its consumer has had
  std::uint64_t records_ = 0;
  std::uint64_t skipped_ = 0;
};

/// A sink that writes to a destination in memory and never fails.
class memory_sink final : public sink {
 public:
  explicit memory_sink(std::shared_ptr<memory_destination> to) : to_(std::move(to)) {}
  result<void> open() override { return {}; }
  result<rejections> write(const batch& records) override {
    to_->write(records);
    return rejections{};
  }
  result<std::vector<std::optional<offset>>> positions(const record_source&,
                                                       std::span<const partition_number> partitions) override {
    std::vector<std::optional<offset>> found;
    for (const auto partition : partitions) found.push_back(to_->stands(partition));
    return found;
  }
  result<void> start_at(const record_source&, std::span<const partition_offset> starts) override {
    for (const auto& [partition, position] : starts) to_->start_at(partition, position);
    return {};
  }
  result<void> close() override { return {}; }

 private:
  std::shared_ptr<memory_destination> to_;
};

}  // namespace kfs::test
