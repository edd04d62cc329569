#pragma once

#include <optional>
#include <vector>

#include "actors/messages.hpp"

namespace kfs {

/// What one member of the group and its processors show.
struct observed_parts {
  member_report member;
  std::vector<partition_report> partitions;
  std::vector<processor_standing> processors;
  std::optional<fault_report> kafka_fault;
  bool kafka_healthy = false;  ///< without kafka_fault: a broker answers, the group is joined, partitions are read
};

/// Makes one observation of them. The worst fault counts: a processor that has stopped until a user starts the
/// consumer, then Kafka, then a processor that tries again.
observation observed(observed_parts parts);

}  // namespace kfs
