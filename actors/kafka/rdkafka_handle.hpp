#pragma once

#include <librdkafka/rdkafka.h>

#include <string>
#include <utility>

#include "actors/kafka/connection_guard.hpp"
#include "actors/kafka/rdkafka_owned.hpp"
#include "config/base/logger.hpp"
#include "config/consumers/spec.hpp"
#include "processors/batch.hpp"

namespace kfs {

class rdkafka_consumer;

/// A librdkafka client and everything that its callbacks need.
///
/// Ownership: shared by the consumer and by every batch whose records lie in the client's memory. When the last owner
///            releases it, a thread of `departures` destroys it.
struct rdkafka_handle {
  rdkafka_handle(const address_policy& policy, logger log, const consumer_spec& spec)
      : guard(policy, log), messages(std::move(log)), topic(spec.topic), group(spec.consumer_group) {}
  ~rdkafka_handle();
  rdkafka_handle(const rdkafka_handle&) = delete;
  rdkafka_handle& operator=(const rdkafka_handle&) = delete;

  connection_guard guard;
  logger messages;
  std::string topic;
  std::string group;
  record_source_ptr source;           ///< null until the client has located a partition
  client_opaque opaque;               ///< opaque.owner points to this handle
  rdkafka_consumer* owner = nullptr;  ///< receives the callbacks that run inside poll()
  rd_kafka_t* client = nullptr;
  rd_kafka_queue_t* queue = nullptr;
  topic_ptr known_topic;  ///< makes the statistics include the topic before any of its partitions is assigned
};

}  // namespace kfs
