#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "processors/batch.hpp"

namespace kfs {

/// The position of a consumer in a partition that it owns.
struct partition_position {
  partition_number partition = 0;
  std::optional<offset> position;  ///< nullopt when unknown
  bool paused = false;             ///< by an operator: it is not polled
};

/// A partition whose log grows while its consumer does not move.
struct stalled_partition {
  partition_number partition = 0;
  offset position;
  offset log_end;
  std::chrono::steady_clock::time_point since;  ///< when it was first behind at this position
  bool operator==(const stalled_partition&) const = default;
};

/// Detects that consumption has stopped although nothing reports a fault: the log of a partition ends beyond the
/// consumer's position, and it delivers no record.
///
/// A partition is stalled when the cluster has answered twice, at least `patience` apart, that its log ends beyond the
/// position, and meanwhile the position has not moved and the partition was polled. Only an answer makes a stall, never
/// time alone: answers come over the same connection as records, so a large response on its way is no stall. A new
/// position, a pause, another log or the loss of the partition ends a stall.
///
/// Threading: none; time is an argument. Ownership: one per consumer actor.
class stall_watch {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds patience{30};
  /// The cluster is asked about a partition that has not moved for this time.
  static constexpr std::chrono::seconds quiet_after{10};

  /// The consumer's positions in ascending order of partitions, and whether it polls them. Called before told(), and
  /// often enough to notice a pause.
  void looked(std::span<const partition_position> owned, bool polled, clock::time_point at);

  /// The cluster has answered where logs end. `drained`: the client holds no record that it has not delivered.
  void told(std::span<const partition_offset> ends, bool drained, clock::time_point at);

  /// The log begins anew, so the known end of the old log no longer counts.
  void restarted(partition_number partition) { watched_.erase(partition); }

  [[nodiscard]] std::vector<stalled_partition> stalled() const;

  /// The end of the log in the cluster's last answer; nullopt when there is none about this log.
  [[nodiscard]] std::optional<offset> log_end(partition_number partition) const;

  /// A polled partition has not moved for quiet_after.
  [[nodiscard]] bool quiet(clock::time_point at) const;

  /// A log is known to end beyond the consumer's present position.
  [[nodiscard]] bool behind() const;

 private:
  struct watched {
    std::optional<offset> position;
    clock::time_point quiet_since;
    std::optional<offset> log_end = std::nullopt;
    std::optional<clock::time_point> behind_since = std::nullopt;  ///< nullopt when not behind, or not polled
    bool stalled = false;
    bool paused = false;

    void begin_anew(clock::time_point at);
    [[nodiscard]] bool behind() const { return position && log_end && *log_end > *position; }
  };

  std::map<partition_number, watched> watched_;
  bool polled_ = false;
};

}  // namespace kfs
