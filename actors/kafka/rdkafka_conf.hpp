#pragma once

#include <chrono>

#include "actors/kafka/rdkafka_owned.hpp"
#include "config/base/error.hpp"
#include "config/consumers/spec.hpp"

namespace kfs {

/// How often a client tells of its connections (kafka_sample).
inline constexpr int statistics_interval_ms = 3'000;

/// The configuration of one group member: ours, then the user's properties over it.
///
/// Errors: invalid_request with librdkafka's own text where it refuses a property.
result<conf_ptr> make_consumer_conf(const consumer_spec& spec, const consumer_options& options, int instance);

/// The configuration of the producer of a consumer's dead letters: connections as the consumer's, each record in every
/// in-sync replica once, and given up after `delivery_bound`.
result<conf_ptr> make_producer_conf(const consumer_spec& spec, const consumer_options& options,
                                    std::chrono::milliseconds delivery_bound);

}  // namespace kfs
