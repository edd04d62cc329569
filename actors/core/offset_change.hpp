#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/base/error.hpp"
#include "config/base/ids.hpp"
#include "config/base/timestamp.hpp"

namespace kfs {

/// Where a group is to go on in a topic, as a user asks for it.
struct offset_change {
  struct earliest {};
  struct latest {};
  /// The first record of that time or later; the end of the log when there is none.
  struct at_time {
    timestamp at;
  };
  struct exactly {
    std::map<partition_number, offset> offsets;
  };
  /// So many offsets after the committed one, or before it when negative.
  struct shifted {
    std::int64_t by = 0;
  };

  std::variant<earliest, latest, at_time, exactly, shifted> to;
  /// nullopt for all partitions, or all that `to` names.
  std::optional<std::vector<partition_number>> partitions = {};
};

/// A partition of the topic before the change.
struct partition_extent {
  partition_number partition = 0;
  std::optional<offset> committed;  ///< by the group
  offset log_start;
  offset log_end;                 ///< the high watermark
  std::optional<offset> at_time;  ///< where offset_change::at_time leads; nullopt when no record is that late
};

/// What a change does to one partition.
struct offset_step {
  partition_number partition = 0;
  std::optional<offset> before;  ///< nullopt when the group has committed nothing
  offset after;
  offset log_start;
  offset log_end;
  /// How many offsets are read again, or left out when negative, beside a group that goes on where it is.
  std::int64_t records = 0;
  bool clamped = false;  ///< the wanted offset lies outside the log, whose nearest end was taken
  bool operator==(const offset_step&) const = default;
};

/// The partitions that a change is about, in ascending order, each once. Errors: invalid_request for one that the topic
/// of that many partitions does not have, that is not among `allowed` (empty: all are), or that lacks its offset.
result<std::vector<partition_number>> partitions_of(const offset_change& change, int count,
                                                    const std::vector<partition_number>& allowed);

/// What the change does to these partitions. `begins_at_end`: where the group has committed nothing that is in the log,
/// it begins at the end (auto_offset_reset). Errors: cannot_apply when it is to shift what is not committed.
result<std::vector<offset_step>> planned(const offset_change& change, const std::vector<partition_extent>& extents,
                                         bool begins_at_end);

}  // namespace kfs
