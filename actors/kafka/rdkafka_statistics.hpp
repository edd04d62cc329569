#pragma once

#include <optional>
#include <string_view>

#include "actors/kafka/ports.hpp"

namespace kfs {

/// Reads what librdkafka's statistics (STATISTICS.md of librdkafka) say of connections and membership.
/// `grouped` is false for explicitly assigned partitions, where there is no group to join.
/// Text that is not such a document gives nothing.
std::optional<kafka_sample> read_statistics(std::string_view document, bool grouped);

}  // namespace kfs
