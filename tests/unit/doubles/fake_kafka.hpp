#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/kafka/ports.hpp"
#include "tests/support/memory_batch.hpp"

namespace kfs::test {

/// The sample of a client that has joined its group and has just received an answer from a broker.
inline const kafka_sample connected{
    .broker_up = true, .since_answer = std::chrono::milliseconds{0}, .ever_answered = true, .joined = true};

/// The arguments of one call of locate().
struct located_call {
  std::uint64_t round = 0;
  std::vector<partition_number> partitions;
};

/// Shared by a test and one fake client: what the client shall do, and what it was asked. The consumer actor owns the
/// client.
struct fake_client_script {
  std::deque<poll_outcome> polls;  ///< the outcomes of the next polls
  bool started = false;
  paused_partitions paused;
  bool closes = true;     ///< false: close() is never answered
  bool commits = true;    ///< false: commit() is never answered
  bool may_leave = true;  ///< false while the client is joining its group
  bool left = false;
  bool destroyed = false;
  std::vector<std::vector<partition_offset>> committed;  ///< the arguments of each commit()
  std::map<partition_number, located_partition> group;   ///< located partitions; others have no committed offset
  std::string topic_id;                                  ///< told by each answer to locate()
  std::map<partition_number, std::string> logs;          ///< the latest arguments of name_log()
  bool locates = true;                                   ///< false: locate() is never answered
  std::vector<located_call> located;                     ///< each call of locate()
  std::vector<partition_number> owned;
  std::vector<partition_start> accepted;
  std::vector<partition_number> released;
  std::vector<partition_number> muted;
  std::map<partition_number, offset> log_ends;            ///< the answers of log_end()
  std::vector<std::vector<partition_number>> asked_ends;  ///< each call of ask_log_ends(); the test answers
  std::size_t polled = 0;
  std::function<void()> wake;

  /// Adds a poll that returns only this event.
  void bring(kafka_event event);
  /// Adds a poll that returns only records.
  void bring(batch_ptr records);
};

/// Shared by a test and one fake producer: what the producer shall do, and what it was asked.
struct fake_producer_script {
  struct taken {
    std::uint64_t number = 0;
    std::string topic;
    std::optional<std::string> key;
    std::optional<std::string> value;
    std::vector<outgoing_header> headers;
  };
  bool acknowledges = true;      ///< at once; false: the test calls acknowledge() or fail()
  std::optional<error> refuses;  ///< the error of every produce(); nullopt when it accepts records
  bool ended = false;            ///< seen off
  std::vector<taken> produced;   ///< all records that produce() accepted
  std::vector<produced_record> outcomes;
  std::function<void()> wake;

  void acknowledge(std::uint64_t number);
  void fail(std::uint64_t number, const error& reason);
  /// The value of this header in the last record; empty when it has no such header.
  [[nodiscard]] std::string header(const std::string& key) const;
};

/// Makes clients and producers that follow their scripts.
///
/// For tests of one actor, which decide every event themselves, also events that no cluster would send in that order.
/// simulated_kafka is for tests that need a cluster which keeps Kafka's rules.
class fake_kafka final : public kafka_clients {
 public:
  result<std::unique_ptr<kafka_consumer>> make_consumer(const consumer_spec& spec, const consumer_options& options,
                                                        int instance) override;
  void see_off(std::unique_ptr<kafka_consumer> client) override;
  result<void> leave_group(const consumer_spec& spec, const consumer_options& options, int instance) override;
  result<std::unique_ptr<kafka_producer>> make_producer(const consumer_spec& spec,
                                                        const consumer_options& options) override;
  void see_off(std::unique_ptr<kafka_producer> client) override;

  /// The script of every client that was made, oldest first.
  std::vector<std::shared_ptr<fake_client_script>> made;
  /// The script of every producer that was made, oldest first.
  std::vector<std::shared_ptr<fake_producer_script>> producers;
  /// Called with the script of each new producer; may be null.
  std::function<void(fake_producer_script&)> prepare_producer;
  /// The instances whose members were made to leave their groups.
  std::vector<int> made_to_leave;
  /// The error of the next make_consumer(); nullopt when it succeeds.
  std::optional<error> refuse;
  /// Called with the script of each new client before the client starts; may be null.
  std::function<void(fake_client_script&)> prepare;
};

/// A spec with sensible values: topic "orders", group "g", an id made from `name`, started, no processors.
consumer_spec example_spec(const std::string& name = "1");

}  // namespace kfs::test
