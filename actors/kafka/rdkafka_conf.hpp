#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>

#include "config/consumer_spec.hpp"
#include "config/error.hpp"

namespace kfs {

struct conf_deleter {
  void operator()(rd_kafka_conf_t* conf) const noexcept { rd_kafka_conf_destroy(conf); }
};
using conf_ptr = std::unique_ptr<rd_kafka_conf_t, conf_deleter>;

/// How often a client tells of its connections (kafka_sample).
inline constexpr int statistics_interval_ms = 3'000;

/// The configuration of one group member: ours, then the user's properties over it.
///
/// Errors: invalid_request with librdkafka's own text where it refuses a property.
result<conf_ptr> make_consumer_conf(const consumer_spec& spec, const consumer_options& options);

}  // namespace kfs
