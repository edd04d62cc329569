#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "config/base/error.hpp"
#include "config/base/ids.hpp"
#include "processors/batch.hpp"

namespace kfs {

/// The group gave these partitions. Nothing is read of them before kafka_consumer::accept().
struct partitions_assigned {
  std::vector<partition_number> partitions;
};

/// The group wants these partitions back. Answer with kafka_consumer::release() once nothing of them is in hand.
/// With `lost`, another member may own them already: nothing may be committed.
struct partitions_revoked {
  std::vector<partition_number> partitions;
  bool lost = false;
};

/// What a group has committed in one partition.
struct group_position {
  std::optional<offset> committed;
  bool ours = false;      ///< by this server: the commit carries its mark
  bool by_other = false;  ///< ours, but by another member of the group, or for other sinks
};

struct located_partition {
  partition_number partition = 0;
  group_position group;
};

/// What locate() asked for.
struct partitions_located {
  std::uint64_t round = 0;   ///< as it was asked
  record_source_ptr source;  ///< null when it failed
  std::vector<located_partition> partitions;
  std::optional<error> failed;
};

/// The log of an owned partition begins anew at `start`, below or above what was expected next: it was made again, or
/// cut, and auto_offset_reset decided. Its records follow.
struct log_restarted {
  partition_number partition = 0;
  offset expected;
  offset start;
};

/// Everything before `end` has been handed over, and there is no more for now.
struct partition_end {
  partition_number partition = 0;
  offset end;
};

/// A commit that commit() began has ended.
struct commit_finished {
  std::vector<partition_offset> offsets;
  std::optional<error> failed;
};

/// Kafka or the client reports an error. After a `fatal` one the client is of no more use.
struct kafka_fault {
  error what;
  bool fatal = false;
  std::optional<partition_number> partition = std::nullopt;  ///< none: it concerns the client as a whole
};

/// What the client knows of its own connections, every statistics interval.
struct kafka_sample {
  bool broker_up = false;                     ///< at least one broker is connected and authenticated
  std::chrono::milliseconds since_answer{0};  ///< since any broker last sent a byte; meaningless before the first
  bool ever_answered = false;
  bool joined = false;                           ///< a member of the group in its steady state (or explicitly assigned)
  std::optional<int> partitions = std::nullopt;  ///< that the topic has, as far as the client knows; none: unknown
};

/// What ask_log_ends() asked for. With `failed`, partitions may be missing.
struct log_ends_told {
  std::vector<partition_offset> ends;
  std::optional<error> failed;
};

/// close() has ended: the group was left and the client can be destroyed without waiting.
struct client_closed {};

using kafka_event =
    std::variant<partitions_assigned, partitions_revoked, partitions_located, log_restarted, partition_end,
                 commit_finished, kafka_fault, kafka_sample, log_ends_told, client_closed>;

/// Where to begin in a partition; none: where auto_offset_reset says.
struct partition_start {
  partition_number partition = 0;
  std::optional<offset> start;
  std::optional<offset> stale = std::nullopt;  ///< of a log that is gone: a beginning below it is a log_restarted
  bool from_beginning = false;                 ///< without `start`: at the log's beginning, whatever the reset says
};

/// What one poll brought. The records come first: a partition's end, or a revoke, lies behind what was read of it.
struct poll_outcome {
  batch_ptr records;                ///< null: none
  std::vector<kafka_event> events;  ///< in the order in which they happened
  bool more = false;                ///< stopped at the limit: poll again
};

}  // namespace kfs
