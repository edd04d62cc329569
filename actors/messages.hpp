#pragma once

#include <caf/all.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/command_context.hpp"
#include "actors/core/consumer_state.hpp"
#include "actors/core/lag/judgement.hpp"
#include "actors/core/revision_condition.hpp"
#include "actors/event_log.hpp"
#include "actors/fault_source.hpp"
#include "actors/kafka/ports.hpp"
#include "actors/kept_text.hpp"
#include "config/base/error.hpp"
#include "config/consumers/accepted_versions.hpp"
#include "config/consumers/change.hpp"
#include "config/consumers/spec.hpp"
#include "config/consumers/wanted_consumer.hpp"
#include "config/schema/option_schema.hpp"
#include "config/store/access_store.hpp"
#include "processors/batch.hpp"
#include "processors/circuit_breaker.hpp"
#include "processors/sink.hpp"

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
using describe_atom = caf::atom_constant<caf::atom("describe")>;
using lag_atom = caf::atom_constant<caf::atom("lag")>;
using commit_atom = caf::atom_constant<caf::atom("commit")>;
using accept_atom = caf::atom_constant<caf::atom("accept")>;
using recall_atom = caf::atom_constant<caf::atom("recall")>;
using access_atom = caf::atom_constant<caf::atom("access")>;
using audit_atom = caf::atom_constant<caf::atom("audit")>;
using denied_atom = caf::atom_constant<caf::atom("denied")>;
using finish_atom = caf::atom_constant<caf::atom("finish")>;
using prune_atom = caf::atom_constant<caf::atom("prune")>;
using refresh_atom = caf::atom_constant<caf::atom("refresh")>;
using settle_atom = caf::atom_constant<caf::atom("settle")>;
using order_atom = caf::atom_constant<caf::atom("order")>;
using pause_atom = caf::atom_constant<caf::atom("pause")>;
using usage_atom = caf::atom_constant<caf::atom("usage")>;
using used_atom = caf::atom_constant<caf::atom("used")>;

/// The answer that says only that something is done. (CAF 0.17 drops caf::unit_t from messages.)
struct done {};

/// How a consumer ends.
enum class departure : std::uint8_t {
  leave,    ///< it leaves its group
  hand_on,  ///< another replica goes on as the same member, so it stays in the group
  lost,     ///< another replica may run it already: nothing in hand is waited for, and it stays in the group
};

/// The values of `status` in answers.
enum class consumer_status : std::uint8_t { inactive, active, error };

/// The `last_error` of answers.
struct fault_report {
  ec code = ec::internal;
  std::string message;
  fault_source source;
  timestamp at;
  std::int64_t attempts = 0;
  bool until_started = false;  ///< no attempt follows before a user starts the consumer

  /// Whether no attempt follows: the consumer stopped at a rejected record, the code is fatal, or a processor has used
  /// up its attempts. The supervisor counts the attempts at faults of other sources. A processor that is replaced uses
  /// up no attempt, because its consumer counts the replacements.
  [[nodiscard]] bool is_last(const recovery_options& policy) const;
  bool operator==(const fault_report&) const = default;
};

/// The `recovery` of answers.
struct recovery_report {
  std::int64_t attempt = 0;
  timestamp next_attempt_at;
  bool operator==(const recovery_report&) const = default;
};

/// The state of one processor, from the best to the worst.
enum class processor_state : std::uint8_t {
  running,      ///< works, or has no work
  backing_off,  ///< failed, and tries again by itself
  stuck,        ///< its sink has not returned in time (options.recovery.processor_timeout_ms)
  stopped,      ///< ended at a rejected record, until the consumer is started
};

/// How one processor is doing, as it reports to its consumer.
struct processor_report {
  processor_id id;
  std::string type;
  std::uint64_t incarnation = 0;            ///< number of its actor, as its consumer counts
  std::optional<fault_report> fault;        ///< nullopt when it writes, or has had nothing to write
  std::optional<recovery_report> recovery;  ///< the next attempt; nullopt when none follows by itself
  bool operator==(const processor_report&) const = default;
};

/// How one processor is doing, as its consumer sees it. Over several instances: the worst state, and the sums of the
/// numbers.
struct processor_standing {
  processor_report report;
  processor_state state = processor_state::running;
  std::int64_t in_flight_batches = 0;  ///< delivered to it and not acknowledged yet
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
  std::optional<offset> position;   ///< of the next record to deliver
  std::optional<offset> committed;  ///< last acknowledged commit of this consumer
  std::optional<offset> log_end;
  std::optional<offset> start;  ///< where this consumer began to read; nullopt when it has not
  int instance = 0;             ///< number of the consumer's instance that reads it

  /// The number of records up to the log's end that the consumer has not committed, at least 0. While nothing is
  /// committed, it counts from `start`. nullopt when one of these offsets is unknown.
  [[nodiscard]] std::optional<std::int64_t> lag() const;
  bool operator==(const partition_report&) const = default;
};

/// How one member of the group is doing.
struct member_report {
  int instance = 0;
  std::string member;      ///< its group.instance.id; empty with explicit partitions
  bool connected = false;  ///< a broker has answered recently
  bool joined = false;     ///< a steady member of the group, or no group is needed
  bool waiting = false;    ///< it reads nothing because a sink has no room, or the rate is reached
  std::vector<partition_number> partitions;
  std::string replica = {};  ///< that runs it; empty until a supervisor shows it
  bool operator==(const member_report&) const = default;
};

/// What a consumer observes of itself and its processors. Sent on every change, and every few seconds.
struct observation {
  bool healthy = false;                     ///< it is in its group, a broker answers, every processor writes
  std::optional<fault_report> fault;        ///< the worst present fault; nullopt when none is known
  std::optional<recovery_report> recovery;  ///< the next attempt of a processor that tries again by itself
  std::vector<partition_report> partitions;
  std::vector<processor_standing> processors;
  std::vector<member_report> members;  ///< by instance
  bool waiting = false;                ///< it reads nothing because a sink has no room, or the rate is reached
  bool operator==(const observation&) const = default;
};
using observation_ptr = std::shared_ptr<const observation>;

using consumer_spec_ptr = std::shared_ptr<const consumer_spec>;

/// A consumer in answers, with all its instances, or one of its instances as a replica tells it to others: what is
/// wanted, and what is observed. Immutable and shared; holds no secret.
struct consumer_view {
  consumer_spec_ptr spec;  ///< never nullptr; its secrets are masked
  consumer_status status = consumer_status::inactive;
  std::string replica;  ///< that runs its instance 0; empty while none does
  std::optional<fault_report> last_error;
  std::optional<recovery_report> recovery;
  consumer_state state = consumer_state::stopped;
  timestamp status_since;                ///< when the status last changed
  std::optional<revision> observed;      ///< the revision that runs; nullopt when nothing runs
  std::optional<timestamp> observed_at;  ///< time of the last observation; nullopt when nothing runs
  std::int64_t restarts = 0;             ///< by recovery, since the server started
  policy_defaults policies;              ///< in force, including the server's defaults
  std::vector<member_report> members;
  std::vector<partition_report> partitions;
  std::vector<processor_standing> processors;

  /// The consumer as HTTP answers and lists it: `spec`, `status`, `replica`, `last_error` and `recovery`. A copy shares
  /// it, so these members are not changed in a copy. It does not travel to other processes.
  std::shared_ptr<const kept_text> answer = std::make_shared<const kept_text>();

  /// Compares the specifications, not their addresses. Whether `answer` has been made makes no difference.
  bool operator==(const consumer_view& other) const;
};
using consumer_view_ptr = std::shared_ptr<const consumer_view>;
using consumer_views = std::shared_ptr<const std::vector<consumer_view_ptr>>;

/// The answer to a create. `created` is false when the same consumer existed already.
struct create_outcome {
  consumer_view_ptr view;
  bool created = true;
};

/// What a POST asks for.
struct requested_consumer {
  json body;
  bool operator==(const requested_consumer&) const = default;
};

/// The change that a PUT asks for. It is checked and applied when its turn comes, to what is stored then.
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

/// The answer to a change: the consumer as it is now, or all mistakes of the body.
struct update_outcome {
  consumer_view_ptr view;             ///< nullptr when there are violations
  std::vector<violation> violations;  ///< empty when the change is in force
};

/// The health of the process. `store_fault` is nullopt while the store answers.
struct server_health {
  std::optional<error> store_fault;
  bool operator==(const server_health&) const = default;
};

using partition_numbers = std::shared_ptr<const std::vector<partition_number>>;
using sink_starts = std::shared_ptr<const std::vector<sink_start>>;
using sink_positions = std::shared_ptr<const std::vector<std::optional<stored_position>>>;

/// The groups of a cluster, sorted.
struct group_list {
  std::vector<std::string> names;
  bool operator==(const group_list&) const = default;
};
using group_names = std::shared_ptr<const group_list>;
using committed_offsets = std::shared_ptr<const std::vector<committed_offset>>;
using group_description_ptr = std::shared_ptr<const group_description>;
using partition_lags = std::shared_ptr<const std::vector<partition_lag>>;
using group_facts_ptr = std::shared_ptr<const group_facts>;
using offset_steps = std::shared_ptr<const std::vector<offset_step>>;
using consumer_spec_list = std::shared_ptr<const std::vector<consumer_spec>>;
using accepted_versions_ptr = std::shared_ptr<const accepted_versions>;
using stored_access_ptr = std::shared_ptr<const stored_access>;  ///< nullptr: as before
using audit_entry_ptr = std::shared_ptr<const audit_entry>;
using audit_batch_ptr = std::shared_ptr<const audit_batch>;
using audit_page_ptr = std::shared_ptr<const audit_page>;

/// How far a group, or a consumer of this server, is behind: what is asked.
struct lag_question {
  asked_cluster cluster;
  lag_query query;
  std::vector<consumer_view_ptr> consumers;  ///< of this server in the group, as far as the asker may see them
};

/// The answer. The judgements of a topic are in the order of its partitions.
struct lag_report {
  struct judged_topic {
    topic_facts facts;
    std::vector<lag_judgement> judgements;
    lag_judgement whole;
  };
  std::optional<std::string> state;  ///< of the group, as its coordinator says
  std::vector<judged_topic> topics;  ///< empty for a group that has to do with no topic
  lag_judgement whole;
};
using lag_report_ptr = std::shared_ptr<const lag_report>;

/// What a consumer has done in one step of time.
struct history_step {
  static constexpr std::chrono::seconds length{10};

  timestamp at;                                        ///< when it began: a multiple of its length since 1970
  consumer_status status = consumer_status::inactive;  ///< the last one in it
  std::optional<std::int64_t> records;  ///< that were processed; nullopt when that is not known of the whole step
  std::optional<std::int64_t> lag;      ///< at its end
  std::optional<double> lag_seconds;    ///< at its end, as the growth of the log tells it
  std::int64_t errors = 0;              ///< attempts that failed, and faults that began
  bool operator==(const history_step&) const = default;
};
using history_steps = std::vector<history_step>;
using history_steps_ptr = std::shared_ptr<const history_steps>;
using key_uses = std::vector<std::pair<std::string, timestamp>>;

/// Names an API key, or a tenant, in a message.
struct api_key_id {
  std::string value;
};
struct tenant_name {
  std::string value;
};

/// The answer to the change of a tenant.
struct put_outcome {
  bool created = false;
};

/// Convert an error to the form in which it travels between actors, and back. Errors of CAF itself (a time-out, a
/// receiver that has ended) become timed_out, actor_died or internal.
caf::error to_caf(const error& reason);
error from_caf(const caf::error& reason);

/// Gives names to the types of messages that cross processes, which CAF's remoting needs.
void add_message_types(caf::actor_system_config& configuration);

}  // namespace kfs

#include "actors/serialization.hpp"

// Messages that never leave the process. All others can be written and read (serialization.hpp).
// Records stay in the memory of the Kafka client that fetched them.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::batch_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::outgoing_record_ptr)
// Between a consumer and its processors, which run in one process.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::record_source_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::partition_numbers)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::sink_starts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::sink_positions)
// Between the supervisor, its store and what runs, in one process.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::consumer_order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::paused_partitions)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::standing_orders)
// Between the REST API and the questions to Kafka, which run in one process.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::asked_cluster)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::group_description_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::group_facts_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::lag_query)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::lag_question)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::lag_report_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::history_steps_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::offset_order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::offset_steps)
// Between the supervisor and its store: the specifications hold their secrets.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::consumer_spec_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::stored_consumer)
// Between the supervisor and its store, which run in one process.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::accepted_versions_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::api_key)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::api_key_id)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::audit_batch_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::audit_entry)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::audit_entry_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::audit_filter)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::audit_finish)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::audit_page_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::key_uses)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::put_outcome)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::stored_access_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::tenant)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::tenant_name)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(kfs::tenant_usage)
