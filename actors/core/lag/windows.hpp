#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "config/base/ids.hpp"

namespace kfs {

/// How far a group was in one partition at one moment.
struct lag_sample {
  std::chrono::steady_clock::time_point at;
  std::int64_t done = 0;        ///< the offset up to which everything is processed
  std::int64_t stable_end = 0;  ///< where readers of committed records stop
  std::int64_t log_end = 0;

  [[nodiscard]] std::int64_t lag() const noexcept { return log_end > done ? log_end - done : 0; }
  bool operator==(const lag_sample&) const = default;
};

/// The latest samples of one partition, oldest first: those of a span of time, and the last one before it.
///
/// At most `most_samples` are kept, spread over the span. An offset that goes back begins a new history, because the
/// group was reset, or the topic was made again; but not within `late`: such a sample was observed before the last one.
///
/// Threading: none; time is an argument.
class lag_window {
 public:
  static constexpr std::size_t most_samples = 14;
  static constexpr std::chrono::seconds late{15};

  void add(const lag_sample& sample, std::chrono::milliseconds span);
  [[nodiscard]] const std::vector<lag_sample>& samples() const noexcept { return samples_; }

 private:
  std::vector<lag_sample> samples_;
};

/// The windows of many groups, each named by a text. When there are more partitions than the bound, the groups that
/// were not used for the longest time are forgotten.
///
/// Ownership: belongs to one actor.
/// Threading: none.
class lag_windows {
 public:
  using partition_key = std::pair<std::string, partition_number>;  ///< topic and partition
  using group_windows = std::map<partition_key, lag_window>;

  explicit lag_windows(std::size_t most_partitions) : most_partitions_(most_partitions) {}

  /// Adds a sample to the window of a partition.
  void add(const std::string& group, const partition_key& partition, const lag_sample& sample,
           std::chrono::milliseconds span);
  /// The window of a partition; one without samples when there is none.
  [[nodiscard]] const lag_window& window(const std::string& group, const partition_key& partition) const;
  void forget(const std::string& group);
  [[nodiscard]] std::size_t partitions() const noexcept { return partitions_; }

 private:
  struct entry {
    std::list<std::string>::iterator use;
    group_windows windows;
  };
  entry& used(const std::string& group);

  const std::size_t most_partitions_;
  std::size_t partitions_ = 0;
  std::list<std::string> uses_;  ///< names of groups, the latest used first
  std::unordered_map<std::string, entry> groups_;
};

}  // namespace kfs
