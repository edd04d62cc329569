#pragma once

#include <librdkafka/rdkafka.h>

#include <vector>

#include "actors/kafka/events.hpp"
#include "actors/kafka/rdkafka_fault_reporter.hpp"
#include "actors/kafka/rdkafka_handle.hpp"
#include "actors/kafka/rdkafka_reader.hpp"
#include "config/consumers/orders.hpp"

namespace kfs {

/// The partitions that a consumer's client reads: the rebalances of its group, accepting and releasing partitions, and
/// pausing them.
///
/// Ownership: belongs to one consumer, which owns the other parts longer.
/// Threading: none.
class rdkafka_assignment {
 public:
  rdkafka_assignment(const rdkafka_handle& handle, rdkafka_reader& reader, rdkafka_fault_reporter& faults,
                     std::vector<kafka_event>& events)
      : handle_(handle), reader_(reader), faults_(faults), events_(events) {}

  /// Handles librdkafka's rebalance callback, which runs inside rdkafka_reader::read().
  void on_rebalance(rd_kafka_resp_err_t kind, rd_kafka_topic_partition_list_t* partitions);

  // As in kafka_consumer.
  void accept(const std::vector<partition_start>& starts);
  void release(const std::vector<partition_number>& partitions);
  void pause(const paused_partitions& paused);

  /// Goes on with paused partitions of which no more than the first position was wanted: they begin there.
  void take_places();

  /// The partitions that were accepted and not released.
  [[nodiscard]] const std::vector<partition_number>& partitions() const noexcept { return partitions_; }

  /// True once the group has sent an assignment, even an empty one.
  [[nodiscard]] bool received_once() const noexcept { return received_once_; }

 private:
  const rdkafka_handle& handle_;
  rdkafka_reader& reader_;
  rdkafka_fault_reporter& faults_;
  std::vector<kafka_event>& events_;
  void hold(const std::vector<partition_number>& partitions);
  void let_go(const std::vector<partition_number>& partitions);

  std::vector<partition_number> partitions_;
  paused_partitions paused_;
  bool received_once_ = false;
};

}  // namespace kfs
