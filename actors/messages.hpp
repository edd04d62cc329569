#pragma once

#include <caf/all.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/command_context.hpp"
#include "actors/core/consumer_state.hpp"
#include "actors/core/revision_condition.hpp"
#include "actors/event_log.hpp"
#include "actors/fault_source.hpp"
#include "actors/kafka/ports.hpp"
#include "config/base/error.hpp"
#include "config/consumers/change.hpp"
#include "config/consumers/spec.hpp"
#include "config/schema/option_schema.hpp"
#include "processors/batch.hpp"
#include "processors/circuit_breaker.hpp"

namespace kfs {

// Atoms hold at most ten characters.
using create_atom = caf::atom_constant<caf::atom("create")>;
using list_atom = caf::atom_constant<caf::atom("list")>;
using get_atom = caf::atom_constant<caf::atom("get")>;
using update_atom = caf::atom_constant<caf::atom("update")>;
using start_atom = caf::atom_constant<caf::atom("start")>;
using stop_atom = caf::atom_constant<caf::atom("stop")>;
using delete_atom = caf::atom_constant<caf::atom("delete")>;
using health_atom = caf::atom_constant<caf::atom("health")>;
using observed_atom = caf::atom_constant<caf::atom("observed")>;
using locate_atom = caf::atom_constant<caf::atom("locate")>;
using deliver_atom = caf::atom_constant<caf::atom("deliver")>;
using drain_atom = caf::atom_constant<caf::atom("drain")>;
using wake_atom = caf::atom_constant<caf::atom("wake")>;
using flush_atom = caf::atom_constant<caf::atom("flush")>;
using tick_atom = caf::atom_constant<caf::atom("tick")>;
using retry_atom = caf::atom_constant<caf::atom("retry")>;
using target_atom = caf::atom_constant<caf::atom("target")>;
using history_atom = caf::atom_constant<caf::atom("history")>;
using groups_atom = caf::atom_constant<caf::atom("groups")>;
using offsets_atom = caf::atom_constant<caf::atom("offsets")>;
using events_atom = caf::atom_constant<caf::atom("events")>;
using lag_atom = caf::atom_constant<caf::atom("lag")>;

/// The answer that says only that something is done. (CAF 0.17 drops caf::unit_t from messages.)
struct done {};

/// What is answered as `status`; nothing else ever is.
enum class consumer_status : std::uint8_t { inactive, active, error };

/// Answered as `last_error`.
struct fault_report {
  ec code = ec::internal;
  std::string message;
  fault_source source;
  timestamp at;
  std::int64_t attempts = 0;
  bool until_started = false;  ///< nobody tries again before a user starts the consumer

  /// Whether nobody shall try again: the record's policy, a fatal code, or a processor at the end of its attempts says
  /// so. Attempts at everything else are counted by the supervisor; a processor that is replaced uses up none, as its
  /// consumer counts those by itself.
  [[nodiscard]] bool is_last(const recovery_options& policy) const;
  bool operator==(const fault_report&) const = default;
};

/// Answered as `recovery`.
struct recovery_report {
  std::int64_t attempt = 0;
  timestamp next_attempt_at;
  bool operator==(const recovery_report&) const = default;
};

/// What one processor is doing.
enum class processor_state : std::uint8_t {
  running,      ///< works, or has nothing to do
  backing_off,  ///< failed, and tries again by itself
  stuck,        ///< has not come back from its sink in time (options.recovery.processor_timeout_ms)
  stopped,      ///< ended at a refused record, until the consumer is started
};

/// How one processor is doing, as it tells its consumer.
struct processor_report {
  processor_id id;
  std::string type;
  std::uint64_t incarnation = 0;            ///< of its actor, as its consumer counts them
  std::optional<fault_report> fault;        ///< none: it writes, or has had nothing to write
  std::optional<recovery_report> recovery;  ///< when it tries the failed batch again
  bool operator==(const processor_report&) const = default;
};

/// How one processor is doing, as its consumer sees it. Of several instances: the state of the worst, sums of the
/// numbers.
struct processor_standing {
  processor_report report;
  processor_state state = processor_state::running;
  std::int64_t in_flight_batches = 0;  ///< handed over, and not acknowledged yet
  std::int64_t in_flight_records = 0;
  std::int64_t records = 0;  ///< acknowledged since its consumer was last started
  std::int64_t records_per_second = 0;
  std::int64_t restarts = 0;  ///< since its consumer was last started
  std::optional<breaker_condition> breaker;
  bool operator==(const processor_standing&) const = default;
};

/// How one partition is doing, as its consumer sees it.
struct partition_report {
  partition_number partition = 0;
  std::optional<offset> position;   ///< next record to hand over
  std::optional<offset> committed;  ///< last acknowledged commit of this consumer
  std::optional<offset> log_end;
  std::optional<offset> start;  ///< where this consumer began to read; none: it has not
  int instance = 0;             ///< of the consumer, that reads it

  /// How many records the consumer has not committed yet, never below 0; while nothing is committed, all from where it
  /// began. Nothing while that is not known.
  [[nodiscard]] std::optional<std::int64_t> lag() const;
  bool operator==(const partition_report&) const = default;
};

/// How one member of the group is doing.
struct member_report {
  int instance = 0;
  std::string member;      ///< its group.instance.id; empty with explicit partitions
  bool connected = false;  ///< a broker has answered lately
  bool joined = false;     ///< a steady member of the group, or no group is needed
  bool paused = false;     ///< its partitions are paused because a sink has no room
  std::vector<partition_number> partitions;
  bool operator==(const member_report&) const = default;
};

/// What a consumer observes of itself and its processors. Sent when it changes, and every few seconds.
struct observation {
  bool healthy = false;                     ///< a member of its group, a broker answers, every processor writes
  std::optional<fault_report> fault;        ///< the worst that is wrong now; none: nothing is, so far as is known
  std::optional<recovery_report> recovery;  ///< when whoever failed tries again by itself
  std::vector<partition_report> partitions;
  std::vector<processor_standing> processors;
  std::vector<member_report> members;  ///< by instance
  bool paused = false;                 ///< partitions are paused because a sink has no room
  bool operator==(const observation&) const = default;
};
using observation_ptr = std::shared_ptr<const observation>;

using consumer_spec_ptr = std::shared_ptr<const consumer_spec>;

/// A consumer as it is answered: what is wanted beside what is observed. Immutable, shared; holds no secret.
struct consumer_view {
  consumer_spec_ptr spec;  ///< never nullptr; its secrets are masked
  consumer_status status = consumer_status::inactive;
  std::string replica;
  std::optional<fault_report> last_error;
  std::optional<recovery_report> recovery;
  consumer_state state = consumer_state::stopped;
  timestamp status_since;                ///< since when the status is what it is
  std::optional<revision> observed;      ///< the revision that runs; none: nothing runs
  std::optional<timestamp> observed_at;  ///< when what follows was last observed; none: nothing runs
  std::int64_t restarts = 0;             ///< by recovery, since the server started
  policy_defaults policies;              ///< that hold, the server's defaults included
  std::vector<member_report> members;
  std::vector<partition_report> partitions;
  std::vector<processor_standing> processors;

  /// Compares the specifications, not their addresses.
  bool operator==(const consumer_view& other) const;
};
using consumer_view_ptr = std::shared_ptr<const consumer_view>;
using consumer_views = std::shared_ptr<const std::vector<consumer_view_ptr>>;
using consumer_events = std::shared_ptr<const std::vector<consumer_event>>;

/// The answer to a create: `created` is false when the very same consumer was there already.
struct create_outcome {
  consumer_view_ptr view;
  bool created = true;
};

/// What a POST asks for.
struct requested_consumer {
  json body;
  bool operator==(const requested_consumer&) const = default;
};

/// What a PUT asks for. What it means is decided when its turn comes, against what is stored then.
struct requested_change {
  json body;
  revision_condition condition;
  bool operator==(const requested_change&) const = default;
};

/// What the body of a POST or PUT means, or every mistake that it has.
struct checked_spec {
  consumer_spec_ptr spec;             ///< nullptr when there are violations
  std::vector<violation> violations;  ///< empty when the specification may be used
};

/// The answer to a change: the consumer as it is now, or every mistake that the body has.
struct update_outcome {
  consumer_view_ptr view;             ///< nullptr when there are violations
  std::vector<violation> violations;  ///< empty when the change is in force
};

/// What the whole process knows of its health. `store_fault` is empty while the store answers.
struct server_health {
  std::optional<error> store_fault;
  bool operator==(const server_health&) const = default;
};

using partition_numbers = std::shared_ptr<const std::vector<partition_number>>;
using partition_offsets = std::shared_ptr<const std::vector<partition_offset>>;
using sink_positions = std::shared_ptr<const std::vector<std::optional<offset>>>;

/// The groups of a cluster, sorted.
struct group_list {
  std::vector<std::string> names;
  bool operator==(const group_list&) const = default;
};
using group_names = std::shared_ptr<const group_list>;
using committed_offsets = std::shared_ptr<const std::vector<committed_offset>>;
using partition_lags = std::shared_ptr<const std::vector<partition_lag>>;
using consumer_spec_list = std::shared_ptr<const std::vector<consumer_spec>>;

/// An error as it travels between actors, and back. What CAF itself reports (a time-out, a receiver that is gone)
/// becomes timed_out, actor_died or internal.
caf::error to_caf(const error& what);
error from_caf(const caf::error& what);

/// Names the types of messages that cross processes; CAF's remoting needs it.
void add_message_types(caf::actor_system_config& configuration);

}  // namespace kfs

#include "actors/serialization.hpp"

// Every other message can be written and read (serialization.hpp). These never leave the process:
// Records stay in the memory of the Kafka client that fetched them.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::batch_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::outgoing_record_ptr)
// Between a consumer and its processors, which run in one process.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::record_source_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::partition_numbers)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::partition_offsets)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::sink_positions)
// Between the supervisor and its store; specifications with all their secrets.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::consumer_spec_list)
