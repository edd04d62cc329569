#pragma once

#include <memory>

#include "config/schema/option_schema.hpp"

namespace kfs {

/// The schema of `options.kafka`: how the Kafka client connects.
///
/// Except for `bootstrap_servers` and `properties`, an option is librdkafka's property with '_' in place of '.'; what
/// passes is accepted by librdkafka. No option names a file: nothing that a caller sends makes the server read one.
std::shared_ptr<const object_schema> kafka_options_schema();

/// What is wrong with validated `options.kafka` as a whole; nothing: its parts fit together.
std::optional<std::string> mismatch_in_kafka_options(const json& kafka);

}  // namespace kfs
