#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/core/lag/facts.hpp"
#include "actors/core/offset_change.hpp"
#include "actors/kafka/events.hpp"
#include "config/base/error.hpp"
#include "config/consumers/spec.hpp"
#include "processors/batch.hpp"

namespace kfs {

/// One member of a consumer group: the consumer actor's view of a Kafka client. Never blocks on the network.
///
/// Ownership: belongs to one consumer actor.
/// Threading: one thread at a time.
class kafka_consumer {
 public:
  virtual ~kafka_consumer() = default;

  /// Begins to connect and to join the group, or takes the explicit partitions. `waker` is called from any thread when
  /// there is something to poll, rarely more than once between two polls. It must not block.
  virtual result<void> start(std::function<void()> waker) = 0;

  /// Returns the records and events that have arrived, up to the limits.
  virtual poll_outcome poll(const batch_options& limits) = 0;

  /// The approximate number of records and events that poll() could return now.
  [[nodiscard]] virtual std::size_t queued() const = 0;

  /// From now on poll() returns no records of these partitions, whether they are accepted by now or later, and records
  /// of all others. Their events are returned, and the group membership continues. Where a partition begins that was
  /// accepted without a start is found out all the same, and returned as its partition_end.
  virtual void pause(const paused_partitions& paused) = 0;

  /// Asks the cluster for the group's committed offsets and the topic's id. partitions_located follows within seconds,
  /// with the same round.
  virtual void locate(std::uint64_t round, const std::vector<partition_number>& partitions) = 0;

  /// Starts reading assigned partitions. Call it after they are located.
  virtual void accept(const std::vector<partition_start>& starts) = 0;

  /// Gives partitions back, accepted or not. poll() returns none of their records from now on.
  virtual void release(const std::vector<partition_number>& partitions) = 0;

  /// poll() returns no more records of these partitions, although they are still assigned.
  virtual void mute(const std::vector<partition_number>& partitions) = 0;

  /// Commits of this partition carry this identity of its log from now on: at most 100 bytes of ASCII without spaces.
  virtual void name_log(partition_number partition, const std::string& log) = 0;

  /// Begins to commit, with this server's mark. commit_finished follows with the result.
  virtual void commit(const std::vector<partition_offset>& offsets) = 0;

  /// False while the client is joining its group: Kafka would not notice that it leaves, and the group would wait until
  /// its session ends. True once it has joined, and when it cannot join (no broker answers, no such topic).
  [[nodiscard]] virtual bool may_leave() const = 0;

  /// Begins to leave the group. partitions_revoked follows for all assigned partitions, if there are any.
  virtual void leave() = 0;

  /// Instead of leave(), at any time before close(): stays in the group, which another client rejoins as the same
  /// static member. partitions_revoked follows for all assigned partitions, if there are any, while the client closes.
  virtual void hand_on() = 0;

  /// Begins to close; client_closed follows. The waker is not called after client_closed.
  virtual void close() = 0;

  /// Asks the cluster for the log-end offsets (with read_committed: the last stable offsets) of partitions, paused or
  /// not. log_ends_told follows within seconds. A call before the previous answer has arrived is ignored.
  virtual void ask_log_ends(const std::vector<partition_number>& partitions) = 0;

  /// The log-end offset as of the latest fetch; nullopt when unknown. It does not change while nothing is fetched.
  [[nodiscard]] virtual std::optional<offset> log_end(partition_number partition) const = 0;
};

/// One header of a record to be produced.
struct outgoing_header {
  std::string key;
  std::optional<std::string> value;  ///< nullopt for a null value
};

/// A record to be produced. Key and value are views into `memory`.
struct outgoing_record {
  std::string topic;
  std::optional<std::string_view> key;    ///< nullopt for a null key
  std::optional<std::string_view> value;  ///< nullopt for a null value
  std::vector<outgoing_header> headers;
  batch_ptr memory;

  /// The total size of key, value and headers.
  [[nodiscard]] std::size_t bytes() const noexcept;
};
using outgoing_record_ptr = std::shared_ptr<const outgoing_record>;

/// The result for a record that produce() accepted.
struct produced_record {
  std::uint64_t number = 0;     ///< as given to produce()
  std::optional<error> failed;  ///< nullopt when every in-sync replica has the record
};

/// Produces records. As long as none fails, each record is in the topic once and in the given order. A failed record
/// may still be in the topic, if only its acknowledgement was lost. Never blocks on the network.
///
/// Ownership: belongs to one actor.
/// Threading: one thread at a time.
class kafka_producer {
 public:
  /// A record fails when it was not acknowledged in this time, retries included.
  static constexpr std::chrono::seconds delivery_bound{10};

  virtual ~kafka_producer() = default;

  /// `waker` is called from any thread when there is something to poll. It must not block.
  virtual void start(std::function<void()> waker) = 0;

  /// Begins to produce a copy of the record. poll() returns the result, under this number, within `delivery_bound`.
  /// Errors: those of poll() that are known at once; poll() does not repeat them.
  virtual result<void> produce(std::uint64_t number, const outgoing_record& record) = 0;

  /// The results that have arrived since the last call.
  virtual std::vector<produced_record> poll() = 0;
};

/// Makes clients. Actors reach Kafka in no other way.
///
/// Threading: safe from any thread.
class kafka_clients {
 public:
  virtual ~kafka_clients() = default;
  /// A client for member number `instance` of the consumer.
  virtual result<std::unique_ptr<kafka_consumer>> make_consumer(const consumer_spec& spec,
                                                                const consumer_options& options, int instance) = 0;

  /// Ends a client, closed or not. It returns at once; the client may take longer to end.
  virtual void see_off(std::unique_ptr<kafka_consumer> client) = 0;

  /// Has the member leave its group that an ended client of member number `instance` has left there: a client joins as
  /// that member, which takes its place, and leaves. It returns at once; that takes up to some seconds. What fails then
  /// is logged: Kafka removes the member when its session ends. Errors: those of make_consumer().
  virtual result<void> leave_group(const consumer_spec& spec, const consumer_options& options, int instance) = 0;

  /// A producer on the consumer's cluster, with the same credentials.
  virtual result<std::unique_ptr<kafka_producer>> make_producer(const consumer_spec& spec,
                                                                const consumer_options& options) = 0;

  /// Ends a producer and drops the records that it has not produced. It returns at once; the producer may take longer
  /// to end.
  virtual void see_off(std::unique_ptr<kafka_producer> client) = 0;
};

inline std::size_t outgoing_record::bytes() const noexcept {
  std::size_t all = (key ? key->size() : 0) + (value ? value->size() : 0);
  for (const auto& header : headers) all += header.key.size() + (header.value ? header.value->size() : 0);
  return all;
}

/// A group's committed offset in one partition.
struct committed_offset {
  std::string topic;
  partition_number partition = 0;
  offset position;
  std::optional<std::string> metadata;
};

/// A group's committed offset and the log-end offset of one partition.
struct partition_lag {
  partition_number partition = 0;
  offset current;
  offset log_end;
};

/// A member of a group, as the group's coordinator knows it.
struct group_member {
  std::string member_id;
  std::string client_id;
  std::string host;  ///< as the broker writes it: "/127.0.0.1"
  std::optional<std::string> group_instance_id;
  std::map<std::string, std::vector<partition_number>> assignments;  ///< partitions by topic, sorted
};

/// A group, as its coordinator knows it.
struct group_description {
  std::string state;     ///< Stable, Empty, PreparingRebalance or CompletingRebalance
  bool is_simple;        ///< it only keeps offsets; no member has ever joined it
  std::string assignor;  ///< empty while it has no members
  std::int32_t coordinator_id = 0;
  std::string coordinator_host;
  std::uint16_t coordinator_port = 0;
  std::vector<group_member> members;  ///< sorted by client id and member id
};

/// A cluster to be asked, and as whom.
struct asked_cluster {
  std::string bootstrap_servers;
  /// With the credentials of this consumer, and the secrets to which they refer; nullptr for none.
  std::shared_ptr<const consumer_spec> as = nullptr;
};

/// A change of what a group has committed in a topic.
struct offset_order {
  std::string group;
  std::string topic;
  offset_change change;
  std::vector<partition_number> allowed = {};  ///< that may be changed; empty for all
  bool begins_at_end = false;                  ///< as planned() says
  bool dry_run = false;                        ///< nothing is changed, only told
};

/// A question how far a group is behind.
struct lag_query {
  std::string group;
  std::optional<std::string> topic = {};           ///< only this topic; nullopt for all that the group has to do with
  bool topic_is_known = false;                     ///< `topic` is told whatever the group has done with it
  std::chrono::steady_clock::time_point deadline;  ///< an answer that comes later is of no use
};

/// Questions to a cluster. Each call blocks until the cluster answers, up to a time limit. Nothing is cached but the
/// times of records.
///
/// Errors:    broker_unreachable and broker_silent, which name the broker; authentication_failed and
///            authorization_failed; secret_unavailable; invalid_request for a property that librdkafka rejects;
///            kafka_failure.
/// Threading: safe from any thread; each call uses a client of its own.
class kafka_admin {
 public:
  virtual ~kafka_admin() = default;
  virtual result<std::vector<std::string>> list_groups(const asked_cluster& cluster) = 0;
  virtual result<std::vector<committed_offset>> committed(const asked_cluster& cluster, const std::string& group) = 0;
  /// The group and its members. Errors: also not_found; kafka_failure for a group of a protocol that the linked
  /// librdkafka cannot describe (KIP-848).
  virtual result<group_description> describe(const asked_cluster& cluster, const std::string& group) = 0;
  /// The lag in every partition of the topic where the group has a committed offset.
  virtual result<std::vector<partition_lag>> lag(const asked_cluster& cluster, const std::string& group,
                                                 const std::string& topic) = 0;
  /// How far a group is behind in every partition of its topics: those in which it has committed or reads. It answers
  /// by the deadline of the query; what cannot be found out by then, or may not be read, is left unknown.
  virtual result<group_facts> lag_facts(const asked_cluster& cluster, const lag_query& query) = 0;
  /// Changes what a group without members has committed, and returns what that does; all partitions of the order, or
  /// none. The commits carry no mark of this server, so every sink follows them. Errors: also topic_missing;
  /// invalid_request for partitions; cannot_apply while the group has members, or nothing is committed to shift.
  virtual result<std::vector<offset_step>> change_offsets(const asked_cluster& cluster, const offset_order& order) = 0;
};

}  // namespace kfs
