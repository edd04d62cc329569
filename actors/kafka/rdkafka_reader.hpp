#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <memory>
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
  ~rdkafka_reader();
  rdkafka_reader(const rdkafka_reader&) = delete;
  rdkafka_reader& operator=(const rdkafka_reader&) = delete;

  /// Reads the records that have arrived, up to the limits. librdkafka's callbacks run inside. Returns the records, and
  /// `more` when it stopped early; the caller adds the events.
  poll_outcome read(const batch_options& limits);

  /// Ends the read() that is running: all of its records were read before this call.
  void interrupt() noexcept { interrupted_ = true; }

  /// Delivers records of this partition from now on. A first record below `expected` is reported as log_restarted.
  void begin(partition_number partition, std::int64_t expected);

  /// Drops all records of these partitions, from now until begin().
  void mute(const std::vector<partition_number>& partitions);

 private:
  void take(rd_kafka_message_t& message);
  bool report_if_log_restarted(partition_number partition, std::int64_t position);
  void on_message_error(const rd_kafka_message_t& message);
  [[nodiscard]] bool muted(partition_number partition) const;
  void make_room_for(partition_number partition);

  const rdkafka_handle& handle_;
  rdkafka_fault_reporter& faults_;
  std::vector<kafka_event>& events_;
  batch_builder building_;
  std::vector<bool> muted_;             ///< by partition; true also for partitions that are not assigned
  std::vector<std::int64_t> next_;      ///< by partition: a record below this offset means that the log restarted
  rd_kafka_message_t* held_ = nullptr;  ///< already taken from the client; the next read() begins with it
  bool interrupted_ = false;            ///< the current read() must return now
};

}  // namespace kfs
