#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/base/ids.hpp"
#include "config/base/timestamp.hpp"

namespace kfs {

/// Whether a group has members.
enum class group_members : std::uint8_t {
  unknown,  ///< the cluster could not tell
  none,
  some,
};

/// What a cluster tells about one partition and what a group has done with it. An offset is nullopt when it is not
/// known.
struct partition_facts {
  partition_number partition = 0;
  bool exists = true;                        ///< false when the topic has no partition of that number any more
  std::optional<offset> committed;           ///< nullopt when the group has committed nothing
  std::optional<offset> position;            ///< of the next record that the consumer delivers
  std::optional<offset> begun;               ///< where the consumer began to read
  std::optional<offset> log_start;           ///< of the first record that is still there
  std::optional<offset> log_end;             ///< the high watermark
  std::optional<offset> stable_end;          ///< the first offset of an open transaction; log_end when none is open
  std::optional<timestamp> oldest;           ///< the time of the oldest record that the group has not processed
  bool nothing_left = false;                 ///< what is not processed holds no record, only marks of transactions
  std::optional<timestamp> open_since = {};  ///< the time of the first record of an open transaction

  bool operator==(const partition_facts&) const = default;
};

/// A topic with the partitions that it has, or that the group has committed in if it exists no more.
struct topic_facts {
  std::string topic;
  bool exists = true;
  std::optional<std::chrono::milliseconds> retention;  ///< how long records are kept; nullopt when unknown or for ever
  bool size_limited = false;                           ///< the size of the log is limited (retention.bytes)
  std::vector<partition_facts> partitions;             ///< in ascending order

  bool operator==(const topic_facts&) const = default;
};

/// What a cluster tells about a group and how far it is behind.
struct group_facts {
  std::optional<std::string> state;  ///< as its coordinator says; nullopt when it could not tell
  group_members members = group_members::unknown;
  std::vector<topic_facts> topics;  ///< sorted by name; none when the group has committed and assigned nothing

  bool operator==(const group_facts&) const = default;
};

}  // namespace kfs
