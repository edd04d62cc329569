#pragma once

#include <memory>

#include "config/schema/option_schema.hpp"

namespace kfs {

/// The declaration of `options.kafka`: how the Kafka client connects.
///
/// Except for `bootstrap_servers` and `properties`, an option has the name of librdkafka's property with '_' in place
/// of
/// '.'. librdkafka accepts every value that passes. No option names a file, so no caller can make the server read one.
std::shared_ptr<const object_schema> kafka_options_schema();

/// What is wrong with validated `options.kafka` as a whole; nullopt when its parts fit together.
std::optional<std::string> mismatch_in_kafka_options(const json& kafka);

}  // namespace kfs
