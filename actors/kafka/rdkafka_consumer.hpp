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
#include "actors/kafka/rdkafka_assignment.hpp"
#include "actors/kafka/rdkafka_fault_reporter.hpp"
#include "actors/kafka/rdkafka_group_offsets.hpp"
#include "actors/kafka/rdkafka_handle.hpp"
#include "actors/kafka/rdkafka_log_ends.hpp"
#include "actors/kafka/rdkafka_offset_commits.hpp"
#include "actors/kafka/rdkafka_reader.hpp"

namespace kfs {

/// kafka_consumer with librdkafka. It uses the asynchronous form of every call that could wait for the network.
///
/// It is composed of parts, which share its list of events. It connects and ends the client itself.
/// Ownership: owns its parts, and shares its client with the batches that it returns (rdkafka_handle).
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
  void pause(const paused_partitions& paused) override { assignment_.pause(paused); }
  void locate(std::uint64_t round, const std::vector<partition_number>& partitions) override {
    group_offsets_.ask(round, partitions);
  }
  void accept(const std::vector<partition_start>& starts) override { assignment_.accept(starts); }
  void release(const std::vector<partition_number>& partitions) override { assignment_.release(partitions); }
  void mute(const std::vector<partition_number>& partitions) override { reader_.mute(partitions); }
  void name_log(partition_number partition, const std::string& log) override { commits_.name_log(partition, log); }
  void commit(const std::vector<partition_offset>& offsets) override { commits_.commit(offsets); }
  [[nodiscard]] bool may_leave() const override;
  void leave() override;
  void hand_on() override;
  void close() override;
  void ask_log_ends(const std::vector<partition_number>& partitions) override { log_ends_.ask(partitions); }
  [[nodiscard]] std::optional<offset> log_end(partition_number partition) const override;

  /// False while the client is joining its group. Destroying it then could abort the process: an assertion of
  /// librdkafka before 2.3 fails in a cooperative member that has joined but has no assignment yet (librdkafka #4381).
  /// Such a member that leaves or closes before its first assignment can never be destroyed.
  [[nodiscard]] bool destroyable() const;
  /// The client may be destroyed and leaves no member behind. librdkafka leaves a group that is rebalancing only when
  /// it has joined it again; the group would wait for a static member that was destroyed before that.
  [[nodiscard]] bool finished() const;

  /// Waits until the client has joined its group, and leaves the group. Blocks, so it needs a thread of its own.
  /// Returns false when it gave the client up without destroying it, after `joining_bound` or a request to hurry.
  bool end(const std::stop_token& hurry);
  /// Joins the group, whose partitions are given back at once; false when that takes too long. Followed by end().
  bool join(const std::stop_token& hurry);

  // Called by librdkafka's callbacks, which run inside poll().
  void on_rebalance(rd_kafka_resp_err_t kind, rd_kafka_topic_partition_list_t* partitions) {
    assignment_.on_rebalance(kind, partitions);
  }
  void on_commit(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t* offsets) {
    commits_.on_commit(code, offsets);
  }
  void on_error(rd_kafka_resp_err_t code, std::string_view reason) { faults_.on_error(code, reason); }
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

  /// True with librdkafka before 2.3; see destroyable().
  [[nodiscard]] static bool aborts_without_assignment();
  void silence();
  [[nodiscard]] bool is_member() const;
  [[nodiscard]] bool was_replaced() const;
  /// No broker has answered for some time since the client was created, so it cannot have begun to join its group.
  [[nodiscard]] bool never_answered() const;
  [[nodiscard]] bool may_close() const;
  bool poll_until(const std::function<bool()>& done, const std::stop_token& hurry,
                  const std::chrono::steady_clock::time_point& deadline);
  void advance_closing();

  std::shared_ptr<rdkafka_handle> handle_;
  std::string bootstrap_servers_;
  std::vector<partition_number> explicit_partitions_;
  std::unique_ptr<alarm> alarm_;
  std::vector<kafka_event> events_;  ///< for the current or next poll to return; the parts add to it
  rdkafka_fault_reporter faults_;
  rdkafka_reader reader_;
  rdkafka_assignment assignment_;
  rdkafka_offset_commits commits_;
  rdkafka_group_offsets group_offsets_;
  rdkafka_log_ends log_ends_;
  /// A broker that is there answers sooner. The group accepts a client within milliseconds of that, and would wait for
  /// a member that has gone meanwhile.
  static constexpr std::chrono::milliseconds first_answer_bound{500};
  const std::chrono::steady_clock::time_point made_at_ = std::chrono::steady_clock::now();
  std::optional<bool> broker_up_;  ///< according to the latest statistics; nullopt before the first
  /// Joining and leaving take as long as a rebalance, and that up to max.poll.interval.ms of the other members.
  static constexpr std::chrono::minutes joining_bound{6};
  bool hands_on_ = false;          ///< it closes without leaving its group
  bool accepted_in_vain_ = false;  ///< it left its group before its first assignment; see destroyable()
  enum class closing : std::uint8_t { no, wanted, begun, ended } closing_ = closing::no;
};

}  // namespace kfs
