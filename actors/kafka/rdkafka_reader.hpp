#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "actors/kafka/events.hpp"
#include "actors/kafka/rdkafka_batch.hpp"
#include "actors/kafka/rdkafka_fault_reporter.hpp"
#include "actors/kafka/rdkafka_handle.hpp"
#include "config/consumers/spec.hpp"

namespace kfs {

/// Reads a consumer's records from its client's queue into batches. Reports the ends of partitions, logs that
/// restarted, and errors of partitions as events.
///
/// Ownership: belongs to one consumer, which owns `faults` and `events` longer. Each batch keeps the client alive.
/// Threading: none.
class rdkafka_reader {
 public:
  rdkafka_reader(const std::shared_ptr<rdkafka_handle>& handle, rdkafka_fault_reporter& faults,
                 std::vector<kafka_event>& events)
      : handle_(*handle), faults_(faults), events_(events), building_(handle) {}
  ~rdkafka_reader() = default;
  rdkafka_reader(const rdkafka_reader&) = delete;
  rdkafka_reader& operator=(const rdkafka_reader&) = delete;

  /// Reads the records that have arrived, up to the limits. librdkafka's callbacks run inside. Returns the records, and
  /// `more` when it stopped early; the caller adds the events.
  poll_outcome read(const batch_options& limits);

  /// Ends the read() that is running: all of its records were read before this call.
  void interrupt() noexcept { interrupted_ = true; }

  /// Delivers records of this partition from now on. A record below its start is reported as log_restarted; with a
  /// stale offset in place of the start, the first position is, whatever it is. Nothing is delivered of the partition
  /// after such a report.
  void begin(const partition_start& from);

  /// It is known where the partition begins: the client was told, or something of it was read.
  [[nodiscard]] bool is_placed(partition_number partition) const;
  /// Of a partition that is not placed: whether no more than its first position is wanted. That is then reported as its
  /// partition_end, and nothing more is delivered until begin().
  void want_place_only(partition_number partition, bool only);
  /// The first positions that were found so since the last call.
  std::vector<partition_offset> take_places() { return std::exchange(places_, {}); }

  /// Drops all records of these partitions, from now until begin().
  void mute(const std::vector<partition_number>& partitions);

 private:
  /// The state of reading one partition.
  struct reading {
    bool muted = true;           ///< true also for a partition that is not assigned
    bool reports_first = false;  ///< the next position belongs to another log, whatever it is
    bool placed = true;          ///< it is known where the partition begins
    bool wants_place_only = false;
    std::int64_t expected = 0;  ///< a record below this offset means that the log restarted
  };
  void take(rd_kafka_message_t& message);
  bool report_if_log_restarted(partition_number partition, std::int64_t position);
  bool take_place(partition_number partition, std::int64_t position);
  void on_message_error(const rd_kafka_message_t& message);
  [[nodiscard]] bool muted(partition_number partition) const;
  reading& of(partition_number partition);

  const rdkafka_handle& handle_;
  rdkafka_fault_reporter& faults_;
  std::vector<kafka_event>& events_;
  batch_builder building_;
  std::vector<reading> readings_;         ///< by partition
  std::vector<partition_offset> places_;  ///< not taken yet
  bool interrupted_ = false;              ///< the current read() must return now
};

}  // namespace kfs
