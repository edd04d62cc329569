#include "actors/kafka/rdkafka_errors.hpp"

#include <fmt/format.h>

#include "config/base/text.hpp"

namespace kfs {
namespace {

constexpr std::size_t longest_reason = 400;

std::string_view advice(ec code) {
  switch (code) {
    case ec::broker_unreachable:
      return "check that the broker is running and that host and port are correct";
    case ec::broker_silent:
      return "check that the address is a Kafka broker and that no firewall drops its packets";
    case ec::authentication_failed:
      return "check the security protocol, the SASL credentials and the certificates";
    case ec::authorization_failed:
      return "grant this user access to the topic and the group in the cluster's ACLs";
    case ec::topic_missing:
      return "create the topic or configure another one";
    case ec::member_fenced:
      return "another client took over this member's place in the group and continues there";
    default:
      return {};
  }
}

}  // namespace

ec code_of(rd_kafka_resp_err_t code) noexcept {
  switch (code) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
    case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
      return ec::broker_unreachable;
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
      return ec::broker_silent;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
    case RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE:
      return ec::authentication_failed;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return ec::authorization_failed;
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      return ec::topic_missing;
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
      return ec::member_fenced;
    default:
      return ec::kafka_failure;
  }
}

error to_error(rd_kafka_resp_err_t code, std::string_view reason, const kafka_attempt& tried) {
  const auto kind = code_of(code);
  const auto text = escaped(reason.empty() ? rd_kafka_err2str(code) : reason, escaping::plain, longest_reason);
  auto message = fmt::format("cannot {} at {}: {}", tried.action, tried.brokers, text);
  if (const auto next_step = advice(kind); !next_step.empty()) message += fmt::format("; {}", next_step);
  if (const auto next_step = advice_on_scram(text, rd_kafka_version());
      kind == ec::authentication_failed && !next_step.empty())
    message += fmt::format("; {}", next_step);
  return {kind, std::move(message)};
}

std::string advice_on_scram(std::string_view reason, int client_version) {
  constexpr int right_nonce = 0x02060100;
  if (client_version >= right_nonce || reason.find("SCRAM") == std::string_view::npos) return {};
  return fmt::format(
      "brokers of Kafka 4 reject SCRAM from librdkafka {}.{}.{}, with which this server runs, whatever the password "
      "is: "
      "they need 2.6.1 or newer (Debian 13), or the mechanism PLAIN over TLS",
      client_version >> 24, client_version >> 16 & 0xFF, client_version >> 8 & 0xFF);
}

client_fault fault_of(const rd_kafka_error_t* failure) {
  return {rd_kafka_error_code(failure), rd_kafka_error_string(failure)};
}

}  // namespace kfs
