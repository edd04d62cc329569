#include "config/consumers/spec.hpp"

#include <algorithm>
#include <array>

#include "config/base/endpoint.hpp"
#include "config/consumers/kafka_names.hpp"

namespace kfs {
namespace {

using std::chrono::milliseconds;

const json& member(const json& object, const char* name) {
  static const json absent = json::object();
  const auto at = object.find(name);
  return at == object.end() ? absent : *at;
}

milliseconds duration(const json& object, const char* name, milliseconds default_value) {
  return milliseconds(object.value(name, default_value.count()));
}

batch_options read_batch(const json& batch) {
  batch_options read;
  read.max_messages = batch.value("max_messages", read.max_messages);
  read.max_bytes = batch.value("max_bytes", read.max_bytes);
  read.max_wait = duration(batch, "max_wait_ms", read.max_wait);
  return read;
}

std::optional<std::int64_t> read_rate(const json& limits, const char* name) {
  const auto& rate = member(limits, name);
  return rate.is_number_integer() ? std::optional(rate.get<std::int64_t>()) : std::nullopt;
}

recovery_options read_recovery(const json& recovery, const recovery_options& defaults) {
  recovery_options read = defaults;
  read.enabled = recovery.value("enabled", read.enabled);
  const auto attempts = recovery.find("max_attempts");
  if (attempts != recovery.end() && !attempts->is_null()) read.max_attempts = attempts->get<std::int64_t>();
  read.initial_backoff = duration(recovery, "initial_backoff_ms", read.initial_backoff);
  read.max_backoff = duration(recovery, "max_backoff_ms", read.max_backoff);
  if (recovery.contains("initial_backoff_ms")) {
    read.max_backoff = std::max(read.initial_backoff, read.max_backoff);
  } else {
    read.initial_backoff = std::min(read.initial_backoff, read.max_backoff);
  }
  if (const auto codes = recovery.find("fatal_codes"); codes != recovery.end()) {
    read.fatal_codes.clear();
    for (const auto code : consumer_fault_codes()) {
      if (std::ranges::find(*codes, json(to_string(code))) != codes->end()) read.fatal_codes.push_back(code);
    }
  }
  read.processor_restarts = recovery.value("processor_restarts", read.processor_restarts);
  read.processor_restart_period = duration(recovery, "processor_restart_period_ms", read.processor_restart_period);
  read.processor_timeout = duration(recovery, "processor_timeout_ms", read.processor_timeout);
  return read;
}

on_error_options read_on_error(const json& on_error, const on_error_options& defaults) {
  on_error_options read = defaults;
  const auto named =
      std::ranges::find(rejection_policies, on_error.value("policy", std::string(to_string(read.policy))));
  read.policy = static_cast<rejection_policy>(named - rejection_policies.begin());
  read.max_attempts = on_error.value("max_attempts", read.max_attempts);
  const auto topic = on_error.find("dead_letter_topic");
  if (topic != on_error.end()) read.dead_letter_topic = topic->get<std::string>();
  return read;
}

lag_options read_lag(const json& lag) {
  const lag_options defaults;
  return {.window = duration(lag, "window_ms", defaults.window),
          .warn_after = std::chrono::seconds(lag.value("warn_seconds", defaults.warn_after.count())),
          .warn_records = lag.value("warn_records", defaults.warn_records)};
}

/// "ssl_key_pem" → "ssl.key.pem": the options are named after librdkafka's properties.
std::string property_name(std::string option_name) {
  std::replace(option_name.begin(), option_name.end(), '_', '.');
  return option_name;
}

kafka_options read_kafka(const json& kafka) {
  kafka_options read;
  for (const auto& [name, value] : kafka.items()) {
    if (name == "bootstrap_servers") {
      read.bootstrap_servers = value.get<std::string>();
    } else if (name == "properties") {
      for (const auto& [property, text] : value.items())
        read.properties.emplace_back(property, text.get<std::string>());
    } else {
      read.properties.emplace_back(property_name(name), value.get<std::string>());
    }
  }
  return read;
}

/// noexcept: a value of the wrong type makes the JSON library throw, which aborts, because unvalidated options are a
/// bug.
consumer_options read_options(const json& options, const policy_defaults& defaults) noexcept {
  consumer_options read;
  read.auto_offset_reset = options.value("auto_offset_reset", read.auto_offset_reset);
  read.instances = options.value("instances", read.instances);
  read.partitions = options.value("partitions", read.partitions);
  read.batch = read_batch(member(options, "batch"));
  read.limits = {read_rate(member(options, "limits"), "records_per_second"),
                 read_rate(member(options, "limits"), "bytes_per_second")};
  read.recovery = read_recovery(member(options, "recovery"), defaults.recovery);
  read.on_error = read_on_error(member(options, "on_error"), defaults.on_error);
  read.lag = read_lag(member(options, "lag"));
  read.kafka = read_kafka(member(options, "kafka"));
  read.stop_timeout = duration(options, "stop_timeout_ms", read.stop_timeout);
  return read;
}

}  // namespace

std::string_view to_string(rejection_policy policy) noexcept {
  return rejection_policies[static_cast<std::size_t>(policy)];
}

bool recovery_options::is_fatal(ec code) const {
  return std::ranges::find(fatal_codes, code) != fatal_codes.end();
}

std::string on_error_options::dead_letter_topic_of(std::string_view topic) const {
  return dead_letter_topic.value_or(std::string(topic) + ".dead-letter");
}

std::optional<std::string> wrong_dead_letter_topic(const on_error_options& options, std::string_view topic) {
  if (options.policy != rejection_policy::dead_letter) {
    return options.dead_letter_topic ? std::optional<std::string>("dead_letter_topic needs policy dead_letter")
                                     : std::nullopt;
  }
  const auto letters = options.dead_letter_topic_of(topic);
  if (letters == topic) return "dead_letter_topic must not be the topic that the consumer reads, \"" + letters + "\"";
  if (letters.size() <= longest_topic) return std::nullopt;
  return "dead_letter_topic is needed here: its default, \"" + letters + "\", has more than " +
         std::to_string(longest_topic) + " characters";
}

std::string consumer_spec::bootstrap_servers() const {
  const auto named = typed_options(options).kafka.bootstrap_servers;
  return named ? *named : to_string(endpoint{broker_ip, broker_port});
}

std::string consumer_spec::member_id(int instance) const {
  return "kfs-" + id.value + "-" + std::to_string(instance);
}

consumer_options typed_options(const json& validated, const policy_defaults& defaults) {
  return read_options(validated, defaults);
}

}  // namespace kfs
