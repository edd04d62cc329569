#pragma once

#include <librdkafka/rdkafka.h>

#include <string>
#include <string_view>

#include "config/base/error.hpp"

namespace kfs {

/// What was tried and where, for the message of an error.
struct kafka_attempt {
  std::string_view what;     ///< completes "cannot …": "list the consumer groups", "read topic \"payments\""
  std::string_view brokers;  ///< the bootstrap servers, as the user knows the cluster
};

/// What librdkafka reports. `reason` is its text; empty: the code says it all.
struct client_fault {
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::string reason;
};

client_fault fault_of(const rd_kafka_error_t* what);

/// The code that callers decide by.
ec code_of(rd_kafka_resp_err_t code) noexcept;

/// An error that says what was tried on which brokers, what Kafka or the client answered, and what to do.
///
/// `reason` is the client's or broker's own text; empty: the code's description. It is escaped and cut, as a broker may
/// send anything. A refused address (connection_guard::last_refusal) belongs into `reason`.
error to_error(rd_kafka_resp_err_t code, std::string_view reason, const kafka_attempt& tried);

}  // namespace kfs
