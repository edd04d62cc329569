#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/base/error.hpp"
#include "config/base/ids.hpp"
#include "processors/batch.hpp"

namespace kfs {

/// The group assigned these partitions. No records of them are read before kafka_consumer::accept().
struct partitions_assigned {
  std::vector<partition_number> partitions;
};

/// The group revokes these partitions. Answer with kafka_consumer::release() once all their records are settled.
/// When `lost` is true, another member may own them already, and nothing may be committed.
struct partitions_revoked {
  std::vector<partition_number> partitions;
  bool lost = false;
};

/// What a group has committed in one partition.
struct group_position {
  std::optional<offset> committed;
  bool ours = false;      ///< the commit carries this server's mark
  bool by_other = false;  ///< `ours`, but made by another member of the group or for other sinks
  std::string log = {};   ///< `ours`: as kafka_consumer::name_log() said when it was committed; empty when it did not
};

struct located_partition {
  partition_number partition = 0;
  group_position group;
};

/// The answer to kafka_consumer::locate().
struct partitions_located {
  std::uint64_t round = 0;   ///< as given to locate()
  record_source_ptr source;  ///< null when locate() failed
  std::vector<located_partition> partitions;
  std::optional<error> failed;  ///< nullopt when the group's offsets are known
  std::string topic_id = {};    ///< Kafka's id of the topic, which a topic of the same name that is made later does not
                                ///< have; empty when it is unknown
};

/// The log of an owned partition begins anew at `start`. The topic was created again or its log was truncated, and
/// auto_offset_reset decided where to go on; or it was accepted with `stale`, and this is its first position. No
/// records of the partition follow before it is accepted again.
struct log_restarted {
  partition_number partition = 0;
  offset expected;
  offset start;
};

/// No record before `end` is left to deliver. The log ends there for now, or a paused partition begins there.
struct partition_end {
  partition_number partition = 0;
  offset end;
};

/// A commit that kafka_consumer::commit() began has ended.
struct commit_finished {
  std::vector<partition_offset> offsets;
  std::optional<error> failed;  ///< nullopt when the offsets are committed
  std::chrono::steady_clock::duration took{0};
};

/// Kafka or the client reports an error. After a `fatal` error the client cannot be used any more.
struct kafka_fault {
  error cause;
  bool fatal = false;
  std::optional<partition_number> partition = std::nullopt;  ///< nullopt when the error concerns the whole client
};

/// What a client tells of its connections, for the metrics.
struct client_figures {
  int connections = 0;                    ///< to brokers, that are up
  std::chrono::milliseconds throttle{0};  ///< average of the most throttling broker since the last report
  std::int64_t timeouts = 0;              ///< requests that no broker answered in time, since the client was made
  std::int64_t disconnects = 0;           ///< connections that ended, since the client was made
  bool operator==(const client_figures&) const = default;
};

/// The state of the client's connections and membership, reported at every statistics interval.
struct kafka_sample {
  bool broker_up = false;                     ///< at least one broker is connected and authenticated
  std::chrono::milliseconds since_answer{0};  ///< since any broker last sent a byte; undefined before the first byte
  bool ever_answered = false;
  bool joined = false;  ///< the group is stable with this member, or partitions are explicit
  std::optional<int> partitions =
      std::nullopt;  ///< the topic's number of partitions, as far as the client knows; 0 only with explicit partitions
  client_figures figures = {};
};

/// The answer to kafka_consumer::ask_log_ends(). With `failed`, partitions may be missing.
struct log_ends_told {
  std::vector<partition_offset> ends;
  std::optional<error> failed;
};

/// kafka_consumer::close() has ended: the client has left the group and can be destroyed without waiting.
struct client_closed {};

using kafka_event =
    std::variant<partitions_assigned, partitions_revoked, partitions_located, log_restarted, partition_end,
                 commit_finished, kafka_fault, kafka_sample, log_ends_told, client_closed>;

/// Where to begin reading a partition.
struct partition_start {
  partition_number partition = 0;
  std::optional<offset> start;                 ///< nullopt when auto_offset_reset decides
  std::optional<offset> stale = std::nullopt;  ///< without `start`: the first position is reported as log_restarted.
                                               ///< The offset that was known in an earlier log; 0 when none was
  bool from_beginning = false;                 ///< without `start`: begin at the log's start; ignore auto_offset_reset
};

/// The result of one poll. The records were read before the events happened: a partition's end or its revocation comes
/// after the records that were read of it.
struct poll_outcome {
  batch_ptr records;                ///< null when the poll returned no records
  std::vector<kafka_event> events;  ///< in the order in which they happened
  bool more = false;                ///< the poll stopped early: poll again at once
};

}  // namespace kfs
