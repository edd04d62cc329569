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

/// kafka_consumer on librdkafka. Every call that could wait for the network is made in its asynchronous form.
class rdkafka_consumer final : public kafka_consumer {
 public:
  /// `blocking` outlives it.
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

  /// False while destroying the client could abort the process: librdkafka before 2.3 asserts in a cooperative member
  /// that has joined its group and was not assigned anything yet (librdkafka #4381). Also false while it is joining.
  [[nodiscard]] bool destroyable() const;

  /// Waits, in a thread of its own, until the group has been joined and can be left, and leaves it. False when the
  /// client had to be given up undestroyed: after joining_bound, or told to hurry.
  bool end(const std::stop_token& hurry);

  // Called by librdkafka's callbacks, which run inside poll().
  void on_rebalance(rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* partitions);
  void on_commit(rd_kafka_resp_err_t how, const rd_kafka_topic_partition_list_t* offsets);
  void on_error(rd_kafka_resp_err_t code, std::string_view reason);
  void on_statistics(std::string_view document);

 private:
  /// What wakes the owner, at most once between two polls.
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
  bool restarts_log(partition_number partition, std::int64_t position);
  void on_message_error(const rd_kafka_message_t& message);
  [[nodiscard]] bool is_member() const;
  void advance_closing();
  void report(rd_kafka_resp_err_t code, std::string_view reason);
  [[nodiscard]] bool muted(partition_number partition) const;
  void set_muted(const std::vector<partition_number>& partitions, bool value);

  std::shared_ptr<rdkafka_handle> handle_;
  std::string bootstrap_servers_;
  std::string mark_;  ///< the metadata of its commits
  std::vector<partition_number> explicit_partitions_;
  std::unique_ptr<alarm> alarm_;
  std::vector<kafka_event> events_;  ///< of the poll under way
  std::vector<partition_number> assigned_;
  std::vector<bool> muted_;         ///< by partition; also what is not read at all
  std::vector<std::int64_t> next_;  ///< by partition: the lowest offset that may come; 0: any
  rdkafka_group_offsets group_offsets_;
  rdkafka_log_ends log_ends_;
  batch_builder building_;
  rd_kafka_message_t* held_ = nullptr;  ///< taken from the client, for the next poll
  bool paused_ = false;                 ///< as asked last
  bool interrupted_ = false;            ///< the poll under way ends here
  bool assigned_once_ = false;          ///< be it no partition at all
  bool refused_ = false;                ///< topic, rights or credentials: the group is not joined
  std::optional<bool> broker_up_;       ///< by the latest statistics
  /// A rebalance may take as long as max.poll.interval.ms of the other members.
  static constexpr std::chrono::minutes joining_bound{6};
  enum class closing : std::uint8_t { no, wanted, begun, ended } closing_ = closing::no;
};

}  // namespace kfs
