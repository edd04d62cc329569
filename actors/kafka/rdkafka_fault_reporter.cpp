#include "actors/kafka/rdkafka_fault_reporter.hpp"

#include <array>

#include "actors/kafka/rdkafka_errors.hpp"

namespace kfs {

void rdkafka_fault_reporter::report(rd_kafka_resp_err_t code, std::string_view reason,
                                    std::optional<partition_number> partition) {
  const auto refusal = handle_.guard.last_refusal();
  const auto kind = code_of(code);
  const bool connecting = kind == ec::broker_unreachable;
  cannot_join_ = cannot_join_ || kind == ec::topic_missing || kind == ec::authentication_failed ||
                 kind == ec::authorization_failed;
  const auto action = code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ? "join group \"" + handle_.group + "\""
                                                                           : "read topic \"" + handle_.topic + "\"";
  events_.emplace_back(kafka_fault{to_error(code, refusal && connecting ? std::string_view(*refusal) : reason,
                                            {.action = action, .brokers = brokers_}),
                                   false, partition});
}

void rdkafka_fault_reporter::on_error(rd_kafka_resp_err_t code, std::string_view reason) {
  // "All brokers are down" only repeats the errors of the single connections.
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return;
  if (code != RD_KAFKA_RESP_ERR__FATAL) {
    report(code, reason);
    return;
  }
  cannot_join_ = true;
  std::array<char, 512> fatal_reason{};
  const auto fatal = rd_kafka_fatal_error(handle_.client, fatal_reason.data(), fatal_reason.size());
  const kafka_attempt tried{.action = "go on consuming", .brokers = brokers_};
  events_.emplace_back(kafka_fault{to_error(fatal, fatal_reason.data(), tried), true});
}

}  // namespace kfs
