#pragma once

#include <librdkafka/rdkafka.h>

#include <vector>

#include "actors/kafka/ports.hpp"

namespace kfs {

// What a cluster answers about a group, in the project's own types.

/// The offsets that the group has committed, sorted by topic and partition. `partitions` may be nullptr.
std::vector<committed_offset> committed_of(const rd_kafka_topic_partition_list_t* partitions);

group_description description_of(const rd_kafka_ConsumerGroupDescription_t& described);

}  // namespace kfs
