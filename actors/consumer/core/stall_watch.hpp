#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "processors/batch.hpp"

namespace kfs {

/// The position of a consumer in a partition that it owns; nullopt when unknown.
struct partition_position {
  partition_number partition = 0;
  std::optional<offset> position;
};

/// A partition whose log goes on while its consumer does not.
struct stalled_partition {
  partition_number partition = 0;
  offset position;
  offset log_end;
  std::chrono::steady_clock::time_point since;  ///< when it was first behind at this position
  bool operator==(const stalled_partition&) const = default;
};

/// Notices that consumption has stopped although nothing reports a fault: the log of a partition ends beyond the
/// consumer's position, and no record of it comes.
///
/// A partition is stalled when the cluster has told twice, at least `patience` apart, that its log ends beyond the
/// position, the position has not moved between, and the partition was polled all the time. Time alone makes no stall,
/// only an answer does: answers come over the connection of the records, so a large response that is on its way is not
/// taken for a stall. A new position, a pause, another log and the loss of the partition end a stall.
///
/// Threading: none; time is an argument. Ownership: one per consumer actor.
class stall_watch {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds patience{30};
  /// After this time the cluster is asked about a partition that does not move.
  static constexpr std::chrono::seconds quiet_after{10};

  /// The consumer's positions in ascending order of partitions, and whether it takes everything that Kafka has. Called
  /// before told(), and often enough to notice a pause.
  void looked(std::span<const partition_position> owned, bool polled, clock::time_point at);

  /// The cluster has told where logs end. `drained`: the client has no record left that it has not handed over.
  void told(std::span<const partition_offset> ends, bool drained, clock::time_point at);

  /// The log begins anew, so the known end of the old log no longer counts.
  void restarted(partition_number partition) { watched_.erase(partition); }

  [[nodiscard]] std::vector<stalled_partition> stalled() const;

  /// The end of the log as the cluster told last; nullopt when it has not told of this log.
  [[nodiscard]] std::optional<offset> log_end(partition_number partition) const;

  /// A partition that is polled has not moved for quiet_after.
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

    void begin_anew(clock::time_point at);
    [[nodiscard]] bool behind() const { return position && log_end && *log_end > *position; }
  };

  std::map<partition_number, watched> watched_;
  bool polled_ = false;
};

}  // namespace kfs
