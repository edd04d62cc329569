#pragma once

#include <optional>
#include <string_view>

#include "actors/kafka/ports.hpp"

namespace kfs {

/// Reads connections, membership and the number of partitions from librdkafka's statistics (librdkafka's
/// STATISTICS.md). `grouped` is false for explicit partitions, which need no group.
///
/// Returns nullopt when the text is not a statistics document.
std::optional<kafka_sample> read_statistics(std::string_view document, bool grouped);

}  // namespace kfs
