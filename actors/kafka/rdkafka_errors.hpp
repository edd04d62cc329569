#pragma once

#include <librdkafka/rdkafka.h>

#include <string>
#include <string_view>

#include "config/base/error.hpp"

namespace kfs {

/// The action that failed and its cluster, for the message of an error.
struct kafka_attempt {
  std::string_view action;   ///< completes "cannot …": "list the consumer groups", "read topic \"payments\""
  std::string_view brokers;  ///< the bootstrap servers, by which the user knows the cluster
};

/// An error that librdkafka reports.
struct client_fault {
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::string reason;  ///< librdkafka's text; empty when there is only the code
};

client_fault fault_of(const rd_kafka_error_t* failure);

/// This server's error code for a code of librdkafka.
ec code_of(rd_kafka_resp_err_t code) noexcept;

/// What to do about failures of SASL/SCRAM, with a librdkafka of that version (as rd_kafka_version()): empty when it is
/// nothing special. Versions before 2.6.1 send a wrong nonce, which brokers of Kafka 4 reject as wrong credentials
/// (librdkafka #4895, CVE-2024-56128).
std::string advice_on_scram(std::string_view reason, int client_version);

/// An error whose message says what failed on which brokers, what Kafka or the client answered, and what to do.
///
/// `reason` is the text of the client or the broker, or of connection_guard::last_refusal(). It is escaped and
/// shortened, because a broker may send anything. When it is empty, the message has librdkafka's text for the code.
error to_error(rd_kafka_resp_err_t code, std::string_view reason, const kafka_attempt& tried);

}  // namespace kfs
