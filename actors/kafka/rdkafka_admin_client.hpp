#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/kafka/connection_guard.hpp"
#include "actors/kafka/ports.hpp"
#include "actors/kafka/rdkafka_errors.hpp"
#include "actors/kafka/rdkafka_owned.hpp"
#include "config/base/error.hpp"
#include "config/base/logger.hpp"

namespace kfs {

/// Properties of a client, with librdkafka's names; may hold secrets.
using client_properties = std::vector<std::pair<std::string, std::string>>;

/// Options of an admin request with the longest possible time-out. admin_client::await() bounds the wait instead, and
/// the request ends with the client. After a time-out in librdkafka, the late answer would abort the process (an
/// assertion in rd_kafka_enq_once_del_source_return: librdkafka #3663, #4605); a broker that freezes for seconds is
/// enough.
admin_options_ptr unbounded_options(rd_kafka_t* client, rd_kafka_admin_op_t operation);

/// What a client is made for.
enum class admin_purpose : std::uint8_t {
  questions,
  reading,            ///< records too, without those of transactions that are open or aborted
  reading_every_one,  ///< records too, those of open and aborted transactions among them
};

/// A Kafka client for one question. It watches its connections, so that it reports an unreachable cluster at once
/// instead of after a time-out.
///
/// Every call returns within the bound, which begins at the client's construction. Destroying the client may take
/// longer, until the resolver gives up a name.
///
/// Errors:    broker_unreachable (refused, reset, no such name, not allowed), broker_silent, authorization_failed,
///            topic_missing, kafka_failure; each names the brokers.
/// Threading: none.
class admin_client {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds longest_bound{8'000};
  template <class T>
  using outcome = tl::expected<T, client_fault>;

  /// The time begins now. `group` is the group of the question; empty when it is about no group.
  admin_client(const address_policy& policy, logger log, std::string brokers, std::string group,
               std::chrono::milliseconds bound = longest_bound);
  admin_client(const admin_client&) = delete;
  admin_client& operator=(const admin_client&) = delete;
  ~admin_client();

  /// Begins to connect, with what the user has set for this cluster. Call it once, before any question. Errors: also
  /// invalid_request when librdkafka rejects a property.
  result<void> start(const client_properties& of_user, admin_purpose purpose = admin_purpose::questions);

  /// Every group, sorted.
  result<std::vector<std::string>> list_groups();
  /// The group's committed offsets, sorted by topic and partition; empty when the group does not exist.
  result<std::vector<committed_offset>> committed();
  /// The group and its members. The state of a group that does not exist is "Dead".
  result<group_description> describe();
  /// How many partitions the topic has. Errors: also topic_missing.
  result<int> partition_count(const std::string& topic);
  /// The log-end offset of each of these partitions, in the given order.
  result<std::vector<offset>> log_ends(const std::string& topic, const std::vector<partition_number>& partitions);
  /// The same with the first offset that there is.
  result<std::vector<offset>> log_starts(const std::string& topic, const std::vector<partition_number>& partitions);
  /// The same with the offset of the first record of that time or later; nullopt where there is none.
  result<std::vector<std::optional<offset>>> first_since(const std::string& topic,
                                                         const std::vector<partition_number>& partitions, timestamp at);
  /// Commits `after` of each step for the group, without metadata. Errors: also cannot_apply when the group has
  /// members.
  result<void> commit(const std::string& topic, const std::vector<offset_step>& steps);

  // For questions that are asked elsewhere (rdkafka_lag_facts, rdkafka_first_records)
  [[nodiscard]] rd_kafka_t* handle() const noexcept { return client_; }
  [[nodiscard]] rd_kafka_queue_t* queue() const noexcept { return queue_.get(); }
  /// Replaces the offset of each of these partitions, a time or one of librdkafka's logical offsets, by what the
  /// brokers answer for it. What a broker refuses is in `err` of the partition.
  result<void> find_offsets(rd_kafka_topic_partition_list_t& partitions, std::string_view action);
  /// What the cluster tells of a topic, or of all when `topic` is nullptr.
  outcome<metadata_ptr> metadata_of(rd_kafka_topic_t* topic);
  /// Waits for an event of the wanted type; returns the fault when none arrives in time.
  outcome<event_ptr> await(rd_kafka_event_type_t wanted, clock::time_point until);
  /// Notes the events that have arrived.
  void take_events();
  /// The error for the user. A time-out is explained by the fault of an unreachable broker, if there is one.
  [[nodiscard]] error explain(client_fault fault, std::string_view action) const;

 private:
  /// Asks, and repeats the question while the group's coordinator is moving or loading.
  template <class Question>
  auto ask(const Question& question, std::string_view action) -> result<typename decltype(question())::value_type>;
  outcome<std::vector<std::string>> ask_groups();
  outcome<std::vector<committed_offset>> ask_offsets();
  outcome<group_description> ask_description();
  outcome<int> ask_partition_count(const std::string& topic);
  outcome<void> ask_commit(const std::string& topic, const std::vector<offset_step>& steps);
  /// What the brokers answer for this time, which may be one of librdkafka's logical offsets.
  result<std::vector<std::int64_t>> offsets_at(const std::string& topic,
                                               const std::vector<partition_number>& partitions, std::int64_t time,
                                               std::string_view what);
  /// Records the connection state that an event reports.
  void note(rd_kafka_event_t* event);
  void note_broker_states(std::string_view statistics);

  logger log_;
  const std::string brokers_;
  const std::string group_;
  const std::chrono::milliseconds bound_;
  const clock::time_point deadline_;
  connection_guard guard_;
  client_opaque opaque_;  ///< its owner is the logger
  rd_kafka_t* client_ = nullptr;
  queue_ptr queue_;
  std::map<std::string, client_fault, std::less<>> faults_;  ///< of brokers that are not up; librdkafka's broker names
  std::optional<clock::time_point> all_down_since_;
  std::optional<client_fault> fatal_;  ///< set when the question cannot be answered any more
};

}  // namespace kfs
