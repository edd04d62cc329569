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

/// Collects messages into one batch after another, with one range a partition.
///
/// Ownership: of one consumer; a batch that was taken keeps the client alive until its last holder lets go.
/// Threading: none.
class batch_builder {
 public:
  explicit batch_builder(std::shared_ptr<rdkafka_handle> handle) : handle_(std::move(handle)) {}

  /// Takes over a message without an error.
  void add(rd_kafka_message_t& message);

  /// The batch under way has reached one of the limits.
  [[nodiscard]] bool full(const batch_options& limits) const;

  /// The batch under way, and none is then; null: nothing was added.
  batch_ptr take();

 private:
  void extend_range(partition_number partition, std::int64_t position);

  std::shared_ptr<rdkafka_handle> handle_;
  std::shared_ptr<rdkafka_batch> made_;
  std::vector<std::size_t> range_of_partition_;  ///< by partition: index + 1 into the batch under way; 0: none
  std::size_t expected_records_ = 0;
};

}  // namespace kfs
