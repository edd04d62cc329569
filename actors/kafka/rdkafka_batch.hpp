#pragma once

#include <librdkafka/rdkafka.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "actors/kafka/rdkafka_handle.hpp"
#include "config/consumers/spec.hpp"
#include "processors/batch.hpp"

namespace kfs {

class rdkafka_batch;

/// Collects messages into batches, one batch after another. Each batch has one range for each partition.
///
/// Ownership: belongs to one consumer. Each batch keeps the Kafka client alive as long as the batch exists.
/// Threading: none.
class batch_builder {
 public:
  explicit batch_builder(std::shared_ptr<rdkafka_handle> handle) : handle_(std::move(handle)) {}

  /// Adds a message without an error and takes ownership of it.
  void add(rd_kafka_message_t& message);

  /// True when the current batch has reached one of the limits.
  [[nodiscard]] bool full(const batch_options& limits) const;

  /// Returns the current batch and begins a new one; null when no message was added.
  batch_ptr take();

 private:
  void extend_range(partition_number partition, std::int64_t position);

  std::shared_ptr<rdkafka_handle> handle_;
  std::shared_ptr<rdkafka_batch> batch_;         ///< the current batch; null while it is empty
  std::vector<std::size_t> range_of_partition_;  ///< by partition: range's index in the current batch + 1; 0 when none
  std::size_t expected_records_ = 0;
};

}  // namespace kfs
