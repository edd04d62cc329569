#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "processors/batch.hpp"

namespace kfs {

/// Where a consumer stands in a partition that it owns; none: unknown.
struct partition_standing {
  partition_number partition = 0;
  std::optional<offset> position;
};

/// A partition whose log goes on while its consumer does not.
struct stalled_partition {
  partition_number partition = 0;
  offset position;
  offset log_end;
  std::chrono::steady_clock::time_point since;  ///< it has been behind, and has not moved
  bool operator==(const stalled_partition&) const = default;
};

/// Notices consumption that has stopped without anybody saying so: the cluster tells that a log ends beyond a
/// consumer's position, and nothing comes of it.
///
/// A partition is stalled when the cluster has told twice, at least `patience` apart, that its log ends beyond the
/// position, the position has not moved between, and the partition was polled all the time. Only an answer condemns:
/// it comes over the connection on which the records would come, so a large response that is on its way is no stall.
/// Moving, a pause, another log and losing the partition clear it.
///
/// Threading: none; time is an argument. Ownership: one a consumer actor.
class stall_watch {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds patience{30};
  /// From when on a partition that does not move is worth a question to the cluster.
  static constexpr std::chrono::seconds quiet_after{10};

  /// Where the consumer stands in all that it owns, in ascending order, and whether it takes whatever Kafka has. Called
  /// before told(), and often enough to notice a pause.
  void looked(std::span<const partition_standing> owned, bool polled, clock::time_point at);

  /// Where logs end, as the cluster told. `drained`: the client has no record left that it has not handed over.
  void told(std::span<const partition_offset> ends, bool drained, clock::time_point at);

  /// The log begins anew: what was told of it is of the old one.
  void restarted(partition_number partition) { watched_.erase(partition); }

  [[nodiscard]] std::vector<stalled_partition> stalled() const;

  /// As told last; none: nothing was, of this log.
  [[nodiscard]] std::optional<offset> log_end(partition_number partition) const;

  /// A partition that is polled has not moved for quiet_after.
  [[nodiscard]] bool quiet(clock::time_point at) const;

  /// A log was last told to end beyond where the consumer stands now.
  [[nodiscard]] bool behind() const;

 private:
  struct watched {
    std::optional<offset> position;
    clock::time_point quiet_since;
    std::optional<offset> log_end = std::nullopt;
    std::optional<clock::time_point> behind_since = std::nullopt;  ///< none: not behind, or not polled
    bool stalled = false;

    void begin_anew(clock::time_point at);
    [[nodiscard]] bool behind() const { return position && log_end && *log_end > *position; }
  };

  std::map<partition_number, watched> watched_;
  bool polled_ = false;
};

}  // namespace kfs
