#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "actors/kafka/ports.hpp"
#include "actors/kafka/rdkafka_batch.hpp"
#include "actors/kafka/rdkafka_group_offsets.hpp"
#include "actors/kafka/rdkafka_handle.hpp"
#include "actors/kafka/rdkafka_log_ends.hpp"

namespace kfs {

/// kafka_consumer with librdkafka. It uses the asynchronous form of every call that could wait for the network.
///
/// Ownership: shares its client with the batches that it returns (rdkafka_handle).
/// Threading: one thread at a time.
class rdkafka_consumer final : public kafka_consumer {
 public:
  /// `blocking` outlives the consumer.
  rdkafka_consumer(std::shared_ptr<rdkafka_handle> handle, const consumer_spec& spec, const consumer_options& options,
                   int instance, blocking_calls& blocking);
  ~rdkafka_consumer() override;
  rdkafka_consumer(const rdkafka_consumer&) = delete;
  rdkafka_consumer& operator=(const rdkafka_consumer&) = delete;

  result<void> start(std::function<void()> waker) override;
  poll_outcome poll(const batch_options& limits) override;
  [[nodiscard]] std::size_t queued() const override;
  void pause() override;
  void resume() override;
  void locate(std::uint64_t round, const std::vector<partition_number>& partitions) override;
  void accept(const std::vector<partition_start>& starts) override;
  void release(const std::vector<partition_number>& partitions) override;
  void mute(const std::vector<partition_number>& partitions) override;
  void commit(const std::vector<partition_offset>& offsets) override;
  [[nodiscard]] bool may_leave() const override;
  void leave() override;
  void close() override;
  void ask_log_ends(const std::vector<partition_number>& partitions) override { log_ends_.ask(partitions); }
  [[nodiscard]] std::optional<offset> log_end(partition_number partition) const override;

  /// False while the client is joining its group. Destroying it then could abort the process: an assertion of
  /// librdkafka before 2.3 fails in a cooperative member that has joined but has no assignment yet (librdkafka #4381).
  [[nodiscard]] bool destroyable() const;

  /// Waits until the client has joined its group, and leaves the group. Blocks, so it needs a thread of its own.
  /// Returns false when it gave the client up without destroying it, after `joining_bound` or a request to hurry.
  bool end(const std::stop_token& hurry);

  // Called by librdkafka's callbacks, which run inside poll().
  void on_rebalance(rd_kafka_resp_err_t kind, rd_kafka_topic_partition_list_t* partitions);
  void on_commit(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t* offsets);
  void on_error(rd_kafka_resp_err_t code, std::string_view reason);
  void on_statistics(std::string_view document);

 private:
  /// Wakes the owner, at most once between two polls.
  struct alarm {
    std::function<void()> ring;
    std::atomic<bool> rung = false;

    void sound() {
      if (!rung.exchange(true)) ring();
    }
    std::function<void()> ringer() {
      return [this] { sound(); };
    }
  };
  static void ring(rd_kafka_t* client, void* opaque);

  void silence();
  void take(rd_kafka_message_t& message);
  bool report_if_log_restarted(partition_number partition, std::int64_t position);
  void on_message_error(const rd_kafka_message_t& message);
  [[nodiscard]] bool is_member() const;
  void advance_closing();
  void report(rd_kafka_resp_err_t code, std::string_view reason);
  [[nodiscard]] bool muted(partition_number partition) const;
  void set_muted(const std::vector<partition_number>& partitions, bool value);

  std::shared_ptr<rdkafka_handle> handle_;
  std::string bootstrap_servers_;
  std::string mark_;  ///< the metadata of this member's commits
  std::vector<partition_number> explicit_partitions_;
  std::unique_ptr<alarm> alarm_;
  std::vector<kafka_event> events_;         ///< for the current or next poll to return
  std::vector<partition_number> assigned_;  ///< accepted and not released
  std::vector<bool> muted_;                 ///< by partition; true also for partitions that are not assigned
  std::vector<std::int64_t> next_;          ///< by partition: a record below this offset means that the log restarted
  rdkafka_group_offsets group_offsets_;
  rdkafka_log_ends log_ends_;
  batch_builder building_;
  rd_kafka_message_t* held_ = nullptr;  ///< already taken from the client; the next poll begins with it
  bool paused_ = false;                 ///< pause() was called after the last resume()
  bool interrupted_ = false;            ///< the current poll must return now
  bool assigned_once_ = false;          ///< the group has sent an assignment, even an empty one
  bool cannot_join_ = false;            ///< topic missing, rights missing, credentials wrong, or a fatal error
  std::optional<bool> broker_up_;       ///< according to the latest statistics; nullopt before the first
  /// Joining takes as long as a rebalance, and that up to max.poll.interval.ms of the other members.
  static constexpr std::chrono::minutes joining_bound{6};
  enum class closing : std::uint8_t { no, wanted, begun, ended } closing_ = closing::no;
};

}  // namespace kfs
