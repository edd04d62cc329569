#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/kafka/ports.hpp"
#include "tests/support/memory_batch.hpp"

namespace kfs::test {

/// A member of its group that a broker has just answered.
inline const kafka_sample connected{
    .broker_up = true, .since_answer = std::chrono::milliseconds{0}, .ever_answered = true, .joined = true};

/// What locate() was called with.
struct located_call {
  std::uint64_t round = 0;
  std::vector<partition_number> partitions;
};

/// What a test decides and sees of one fake client. The client itself belongs to the consumer actor.
struct fake_client_script {
  std::deque<poll_outcome> polls;  ///< what the next polls bring, one a poll
  bool started = false;
  bool paused = false;
  bool closes = true;     ///< false: close() is never answered
  bool commits = true;    ///< false: commit() is never answered
  bool may_leave = true;  ///< false: the group is being joined
  bool left = false;
  bool destroyed = false;
  std::vector<std::vector<partition_offset>> committed;  ///< each commit, as begun
  std::map<partition_number, located_partition> group;   ///< what the group has committed; nothing of others
  bool locates = true;                                   ///< false: locate() is never answered
  std::vector<located_call> located;                     ///< each locate(), as asked
  std::vector<partition_number> owned;
  std::vector<partition_start> accepted;
  std::vector<partition_number> released;
  std::vector<partition_number> muted;
  std::map<partition_number, offset> log_ends;            ///< as the client knows them by itself
  std::vector<std::vector<partition_number>> asked_ends;  ///< each ask_log_ends(); a test answers
  std::size_t polled = 0;
  std::function<void()> wake;

  /// Scripts a poll that brings events alone.
  void bring(kafka_event event);
  /// Scripts a poll that brings records alone.
  void bring(batch_ptr records);
};

/// What a test decides and sees of one fake producer.
struct fake_producer_script {
  struct taken {
    std::uint64_t number = 0;
    std::string topic;
    std::optional<std::string> key;
    std::optional<std::string> value;
    std::vector<outgoing_header> headers;
  };
  bool acknowledges = true;      ///< at once; false: acknowledge() and fail() tell
  std::optional<error> refuses;  ///< every produce()
  bool ended = false;            ///< seen off
  std::vector<taken> produced;   ///< everything that produce() took
  std::vector<produced_record> outcomes;
  std::function<void()> wake;

  void acknowledge(std::uint64_t number);
  void fail(std::uint64_t number, const error& why);
  /// The value of that header of the last record; empty: there is none.
  [[nodiscard]] std::string header(const std::string& key) const;
};

/// Makes clients that do what their scripts say.
class fake_kafka final : public kafka_clients {
 public:
  result<std::unique_ptr<kafka_consumer>> make_consumer(const consumer_spec& spec, const consumer_options& options,
                                                        int instance) override;
  void see_off(std::unique_ptr<kafka_consumer> client) override;
  result<std::unique_ptr<kafka_producer>> make_producer(const consumer_spec& spec,
                                                        const consumer_options& options) override;
  void see_off(std::unique_ptr<kafka_producer> client) override;

  /// Of every client that was made, oldest first.
  std::vector<std::shared_ptr<fake_client_script>> made;
  /// Of every producer that was made, oldest first.
  std::vector<std::shared_ptr<fake_producer_script>> producers;
  /// Given to every new script of a producer.
  std::function<void(fake_producer_script&)> prepare_producer;
  /// The next make_consumer() fails with it.
  std::optional<error> refuse;
  /// Given to every new script before its client starts.
  std::function<void(fake_client_script&)> prepare;
};

/// A spec with sensible values: topic "orders", group "g", an id made from `name`, started, no processors.
consumer_spec example_spec(const std::string& name = "1");

}  // namespace kfs::test
