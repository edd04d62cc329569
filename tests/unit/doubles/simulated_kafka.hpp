#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/doubles/simulated_cluster.hpp"

namespace kfs::test {

/// Called with the consumer's spec and the offsets before a client of the simulated cluster commits them.
using commit_witness = std::function<void(const consumer_spec&, const std::vector<partition_offset>&)>;

/// One member of a group on a simulated cluster. It behaves as rdkafka_consumer does on a real cluster.
///
/// Ownership: belongs to one consumer actor; the cluster outlives it.
/// Threading: none.
class simulated_client final : public kafka_consumer {
 public:
  simulated_client(simulated_cluster& cluster, const consumer_spec& spec, int instance, commit_witness witness);
  ~simulated_client() override;
  simulated_client(const simulated_client&) = delete;
  simulated_client& operator=(const simulated_client&) = delete;

  result<void> start(std::function<void()> waker) override;
  poll_outcome poll(const batch_options& limits) override;
  [[nodiscard]] std::size_t queued() const override;
  void pause(const paused_partitions& paused) override;
  void locate(std::uint64_t round, const std::vector<partition_number>& partitions) override;
  void accept(const std::vector<partition_start>& starts) override;
  void release(const std::vector<partition_number>& partitions) override;
  void mute(const std::vector<partition_number>& partitions) override;
  void name_log(partition_number partition, const std::string& log) override { logs_[partition] = log; }
  void commit(const std::vector<partition_offset>& offsets) override;
  [[nodiscard]] bool may_leave() const override { return joined_ || broken_ || !cluster_.faults.lets_join(); }
  void leave() override;
  void hand_on() override { leave(); }
  void close() override;
  void ask_log_ends(const std::vector<partition_number>& partitions) override;
  [[nodiscard]] std::optional<offset> log_end(partition_number partition) const override;

  // Called by the cluster
  void assigned(const std::vector<partition_number>& partitions);
  void revoked(const std::vector<partition_number>& partitions);
  void lost(const std::vector<partition_number>& partitions);
  void topic_vanished();
  void ring_if_ready();

  // Called by a test
  /// Breaks the client with a fatal error, for example because another client took over its group.instance.id.
  void break_with(const error& reason);
  /// Ends the connection to a broker.
  void disconnected(const error& reason) { tell(kafka_fault{reason, false}); }

  [[nodiscard]] const consumer_spec& spec() const { return spec_; }

 private:
  /// The state of reading one partition.
  struct reading {
    std::int64_t next = 0;
    std::int64_t expected = 0;   ///< a record below this offset means that the log restarted
    bool reports_first = false;  ///< the next position is reported as a restart, whatever it is
    bool placed = false;         ///< its first position was given or told
    int life = 0;                ///< the log's life when its end was last reported
    std::int64_t end_told = -1;  ///< the end that was last reported
    bool muted = false;
  };
  /// Adds an event for the next poll.
  void tell(kafka_event event);
  void later(std::chrono::milliseconds delay, void (simulated_client::*action)());
  void ring();
  void try_to_join();
  void sample();
  void finish_closing();
  [[nodiscard]] bool fetches() const;
  /// Whether only its first position is to be told.
  [[nodiscard]] bool wants_place(partition_number partition, const reading& state) const;
  [[nodiscard]] bool has_news(partition_number partition, const reading& state) const;
  /// Reads one partition. Returns false when this poll must not return anything after it.
  bool take(partition_number partition, reading& state, std::int64_t limit, class memory_batch& batch,
            poll_outcome& outcome);

  simulated_cluster& cluster_;
  const consumer_spec spec_;
  const std::string mark_;
  const commit_witness witness_;
  const std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  const record_source_ptr source_;
  std::function<void()> waker_;
  bool rung_ = false;
  std::vector<kafka_event> events_;
  std::set<partition_number> owned_;           ///< assigned by the group and not released
  std::set<partition_number> revoked_;         ///< by the group, and not released
  std::map<partition_number, reading> reads_;  ///< accepted, and no restart of their log was reported
  simulated_cluster::log_names logs_;
  std::optional<simulated_cluster::time_point> last_answer_;
  bool joined_ = false;
  paused_partitions paused_;
  simulated_cluster::time_point committing_until_;  ///< when the last commit will be answered
  bool leaving_ = false;
  bool closing_ = false;
  bool closed_ = false;
  bool broken_ = false;
  bool asking_log_ends_ = false;
};

/// Makes consumers and producers on a simulated cluster.
class simulated_kafka final : public kafka_clients {
 public:
  explicit simulated_kafka(simulated_cluster& cluster) : cluster_(cluster) {}

  commit_witness witness = [](const auto&, const auto&) {};

  result<std::unique_ptr<kafka_consumer>> make_consumer(const consumer_spec& spec, const consumer_options& options,
                                                        int instance) override;
  void see_off(std::unique_ptr<kafka_consumer> client) override;
  result<void> leave_group(const consumer_spec& spec, const consumer_options& options, int instance) override;
  result<std::unique_ptr<kafka_producer>> make_producer(const consumer_spec& spec,
                                                        const consumer_options& options) override;
  void see_off(std::unique_ptr<kafka_producer> client) override;

 private:
  simulated_cluster& cluster_;
};

}  // namespace kfs::test
