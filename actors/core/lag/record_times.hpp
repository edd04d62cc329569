#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "config/base/ids.hpp"
#include "config/base/timestamp.hpp"

namespace kfs {

/// Where a record is: cluster, topic, partition and offset.
using log_place = std::tuple<std::string, std::string, partition_number, std::int64_t>;

/// Remembers the times of the first records at or after offsets, so that each is read once.
///
/// An entry is forgotten after `longest_kept`, because the topic may have been made again, at once when its log ends
/// before it did, and when there are more than the bound and the entry was not used for the longest time.
///
/// Threading: none; time is an argument.
class record_times {
 public:
  static constexpr std::chrono::minutes longest_kept{10};

  explicit record_times(std::size_t most) : most_(most) {}

  /// The time of the first record at or after the place; nullopt when it is not remembered.
  std::optional<timestamp> find(const log_place& place, std::int64_t log_end, std::chrono::steady_clock::time_point at);
  void keep(const log_place& place, timestamp time, std::int64_t log_end, std::chrono::steady_clock::time_point at);
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct entry {
    timestamp time;
    std::int64_t log_end = 0;
    std::chrono::steady_clock::time_point kept_at;
    std::list<log_place>::iterator use;
  };
  using entries = std::map<log_place, entry>;
  void forget(entries::iterator found);

  const std::size_t most_;
  std::list<log_place> uses_;  ///< the latest used first
  entries entries_;
};

}  // namespace kfs
