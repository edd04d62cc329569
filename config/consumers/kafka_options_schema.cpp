#include "config/consumers/kafka_options_schema.hpp"
#include "config/base/pem.hpp"

#include <array>
#include <charconv>

#include "config/base/endpoint.hpp"
#include "config/base/text.hpp"
#include "config/consumers/kafka_names.hpp"

namespace kfs {
namespace {

using verdict = std::optional<std::string>;

verdict check_printable(const json& value) {
  if (!has_control_character(value.get_ref<const std::string&>())) return std::nullopt;
  return "must not hold control characters";
}

/// Checks what librdkafka is given as it is.
verdict check_value(const json& value) {
  if (auto wrong = check_printable(value)) return wrong;
  return wrong_beginning(value.get_ref<const std::string&>());
}

verdict check_bootstrap_servers(const json& value) {
  if (auto wrong = check_printable(value)) return wrong;
  const auto places = parse_endpoints(value.get_ref<const std::string&>());
  if (places) return std::nullopt;
  return places.error().message;
}

/// A check that a value is PEM text with an object of `kind`, such as "CERTIFICATE".
auto pem_check(std::string kind) {
  return [kind = std::move(kind)](const json& value) -> verdict {
    return mistake_in_pem(value.get_ref<const std::string&>(), kind);
  };
}

std::optional<std::int64_t> parse_integer(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

option integer_property(std::string name, std::int64_t least, std::int64_t most, std::string summary) {
  const auto check = [least, most](const json& value) -> verdict {
    const auto number = parse_integer(value.get_ref<const std::string&>());
    if (number && *number >= least && *number <= most) return std::nullopt;
    return "must be an integer from " + std::to_string(least) + " to " + std::to_string(most) + ", as a string";
  };
  return {.name = std::move(name), .summary = std::move(summary), .pattern = "^[0-9]+$", .check = check};
}

option literal_property(std::string name, std::vector<std::string> allowed, std::string summary) {
  return {.name = std::move(name), .summary = std::move(summary), .one_of = std::move(allowed)};
}

option text_property(std::string name, std::string summary) {
  return {
      .name = std::move(name), .summary = std::move(summary), .min_length = 1, .max_length = 255, .check = check_value};
}

/// The properties that a caller may set: those that only tune. Their ranges are librdkafka's.
std::shared_ptr<const object_schema> client_properties_schema() {
  return std::make_shared<object_schema>(
      "kafka_client_properties", "Properties of librdkafka that only tune the client; all values are strings.",
      std::vector<option>{
          text_property("client.id", "Name of the client in the brokers' logs."),
          text_property("client.rack", "Rack of the client, to fetch from the closest replica."),
          literal_property("isolation.level", {"read_uncommitted", "read_committed"},
                           "Whether records of open and aborted transactions are read."),
          literal_property("check.crcs", {"true", "false"}, "Whether the checksums of records are verified."),
          integer_property("fetch.min.bytes", 1, 100'000'000, "Bytes that a broker waits for before it answers."),
          integer_property(
              "fetch.wait.max.ms", 0, 300'000,
              "Milliseconds that a broker waits for fetch.min.bytes; at least 1000 below socket.timeout.ms."),
          integer_property("fetch.message.max.bytes", 1, 1'000'000'000, "Bytes to fetch of one partition at a time."),
          integer_property("max.partition.fetch.bytes", 1, 1'000'000'000, "Same as fetch.message.max.bytes."),
          integer_property("fetch.max.bytes", 1'000'000, 2'147'483'135, "Bytes to fetch in one answer."),
          integer_property("queued.min.messages", 1, 10'000'000,
                           "Records to have fetched ahead, of all partitions together."),
          integer_property("queued.max.messages.kbytes", 1, 2'097'151, "KiB of records fetched ahead."),
          integer_property("session.timeout.ms", 1, 3'600'000,
                           "Milliseconds without heartbeats after which the group gives up a member."),
          integer_property("heartbeat.interval.ms", 1, 3'600'000, "Milliseconds between heartbeats."),
          integer_property("max.poll.interval.ms", 1, 86'400'000,
                           "Milliseconds without a poll after which a member leaves; at least session.timeout.ms."),
          integer_property("metadata.max.age.ms", 1, 86'400'000, "Milliseconds for which metadata is kept."),
          integer_property("reconnect.backoff.ms", 0, 3'600'000, "Milliseconds before the first reconnection."),
          integer_property("reconnect.backoff.max.ms", 0, 3'600'000, "Most milliseconds between reconnections."),
          integer_property("socket.timeout.ms", 10, 300'000, "Milliseconds that a request may take."),
          literal_property("socket.keepalive.enable", {"true", "false"}, "Whether idle connections are probed."),
      });
}

/// The number of a property, or `default_value` when it is not set.
std::int64_t number_of(const json& properties, const char* name, std::int64_t default_value) {
  const auto at = properties.find(name);
  if (at == properties.end()) return default_value;
  return parse_integer(at->get_ref<const std::string&>()).value_or(default_value);
}

/// librdkafka rejects some values only in combination with others.
verdict mismatch_in_properties(const json& properties) {
  const auto session = number_of(properties, "session.timeout.ms", 45'000);
  if (number_of(properties, "max.poll.interval.ms", 300'000) < session) {
    return "max.poll.interval.ms must be at least session.timeout.ms (45000 where it is not set)";
  }
  if (number_of(properties, "heartbeat.interval.ms", 3'000) >= session) {
    return "heartbeat.interval.ms (3000 where it is not set) must be less than session.timeout.ms";
  }
  if (number_of(properties, "reconnect.backoff.ms", 100) > number_of(properties, "reconnect.backoff.max.ms", 1'000)) {
    return "reconnect.backoff.ms (100 where it is not set) must be at most reconnect.backoff.max.ms (1000)";
  }
  if (number_of(properties, "fetch.wait.max.ms", 500) >= number_of(properties, "socket.timeout.ms", 60'000)) {
    return "fetch.wait.max.ms (500 where it is not set) must be less than socket.timeout.ms (60000), else every wait "
           "for "
           "records ends in a time-out";
  }
  if (properties.contains("fetch.message.max.bytes") && properties.contains("max.partition.fetch.bytes"))
    return "fetch.message.max.bytes and max.partition.fetch.bytes are one property: leave one of them out";
  return std::nullopt;
}

}  // namespace

std::shared_ptr<const object_schema> kafka_options_schema() {
  return std::make_shared<object_schema>(
      "kafka_options", "How the Kafka client connects.",
      std::vector<option>{
          {.name = "bootstrap_servers",
           .summary = "Brokers to connect to first, `host:port` separated by commas; broker_ip and broker_port where "
                      "it is not set.",
           .example = "kafka-1.example:9092,kafka-2.example:9092",
           .min_length = 1,
           .max_length = 4096,
           .check = check_bootstrap_servers},
          {.name = "security_protocol",
           .summary = "How connections are protected; SASL needs sasl_mechanism, sasl_username and sasl_password.",
           .default_value = "PLAINTEXT",
           .one_of = {"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"}},
          {.name = "sasl_mechanism",
           .summary = "How the client proves who it is.",
           .one_of = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}},
          {.name = "sasl_username",
           .summary = "User name for SASL.",
           .min_length = 1,
           .max_length = 1024,
           .check = check_value},
          {.name = "sasl_password",
           .summary = "Password for SASL.",
           .secret = true,
           .min_length = 1,
           .max_length = 4096,
           .check = check_value},
          {.name = "ssl_ca_pem",
           .summary = "Certificates of the authorities that sign the brokers', as PEM text; the system's where it is "
                      "not set.",
           .max_length = longest_pem,
           .check = pem_check("CERTIFICATE")},
          {.name = "ssl_certificate_pem",
           .summary = "Certificate of the client, as PEM text; needs ssl_key_pem.",
           .max_length = longest_pem,
           .check = pem_check("CERTIFICATE")},
          {.name = "ssl_key_pem",
           .summary = "Private key of the client, as PEM text; needs ssl_certificate_pem.",
           .secret = true,
           .max_length = longest_pem,
           .check = pem_check("PRIVATE KEY")},
          {.name = "ssl_key_password",
           .summary = "Passphrase of ssl_key_pem.",
           .secret = true,
           .min_length = 1,
           .max_length = 1024,
           .check = check_value},
          {.name = "ssl_endpoint_identification_algorithm",
           .summary = "Whether a broker's certificate must name its host (`https`).",
           .default_value = "https",
           .one_of = {"https", "none"}},
          {.name = "properties",
           .kind = value_kind::object,
           .summary = "Properties of librdkafka that only tune the client; all values are strings.",
           .check = mismatch_in_properties,
           .object = client_properties_schema()},
      });
}

std::optional<std::string> mismatch_in_kafka_options(const json& kafka) {
  const auto protocol = kafka.value("security_protocol", std::string("PLAINTEXT"));
  const bool sasl = protocol.starts_with("SASL_");
  const bool tls = protocol.ends_with("SSL");
  std::string missing;
  for (const auto* name : {"sasl_mechanism", "sasl_username", "sasl_password"}) {
    if (sasl && !kafka.contains(name)) missing += (missing.empty() ? "" : ", ") + std::string(name);
  }
  if (!missing.empty()) return "security_protocol " + protocol + " needs " + missing;
  for (const auto& [name, value] : kafka.items()) {
    if (!sasl && name.starts_with("sasl_")) return name + " needs security_protocol SASL_PLAINTEXT or SASL_SSL";
    if (!tls && name.starts_with("ssl_")) return name + " needs security_protocol SSL or SASL_SSL";
  }
  if (kafka.contains("ssl_certificate_pem") != kafka.contains("ssl_key_pem")) {
    return "ssl_certificate_pem and ssl_key_pem need each other";
  }
  if (kafka.contains("ssl_key_password") && !kafka.contains("ssl_key_pem")) return "ssl_key_password needs ssl_key_pem";
  return std::nullopt;
}

}  // namespace kfs
