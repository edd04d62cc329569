#pragma once

#include <chrono>

#include "actors/kafka/rdkafka_owned.hpp"
#include "config/base/error.hpp"
#include "config/consumers/spec.hpp"
#include "config/secrets/secret_source.hpp"

namespace kfs {

/// How often a client reports its connections (kafka_sample).
inline constexpr int statistics_interval_ms = 3'000;

/// The options with the secrets to which those of the specification refer. Errors: secret_unavailable.
result<consumer_options> options_with_secrets(const consumer_spec& spec, consumer_options options,
                                              const secret_source& secrets);

/// Sets one property that a user has given. Errors: invalid_request, without the value of a secret.
result<void> set_property(rd_kafka_conf_t* conf, const std::string& name, const std::string& value);

/// The configuration of one group member: this server's properties, overridden by the user's.
///
/// Errors: invalid_request with librdkafka's own text when it rejects a property.
result<conf_ptr> make_consumer_conf(const consumer_spec& spec, const consumer_options& options, int instance);

/// The configuration of the producer for a consumer's dead letters: the consumer's connection properties, idempotence,
/// and `delivery_bound` as the time limit for each record.
///
/// Errors: as make_consumer_conf().
result<conf_ptr> make_producer_conf(const consumer_spec& spec, const consumer_options& options,
                                    std::chrono::milliseconds delivery_bound);

}  // namespace kfs
