#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "config/consumers/kafka_names.hpp"
#include "config/consumers/kafka_options_schema.hpp"
#include "config/consumers/spec.hpp"

namespace kfs {
namespace {

using verdict = std::optional<std::string>;

const consumer_options& defaults() {
  static const consumer_options values;
  return values;
}

option integer(std::string name, std::int64_t least, std::int64_t most, std::int64_t default_value,
               std::string summary) {
  return {.name = std::move(name),
          .kind = value_kind::integer,
          .summary = std::move(summary),
          .default_value = default_value,
          .minimum = least,
          .maximum = most};
}

verdict check_unique(const json& partitions) {
  auto numbers = partitions.get<std::vector<std::int64_t>>();
  std::sort(numbers.begin(), numbers.end());
  const auto twice = std::adjacent_find(numbers.begin(), numbers.end());
  if (twice == numbers.end()) return std::nullopt;
  return "partition " + std::to_string(*twice) + " is named twice";
}

option partitions_option() {
  return {.name = "partitions",
          .kind = value_kind::array,
          .summary = "Partitions to read, in place of those that the group would assign; absent: the group assigns.",
          .example = json::array({0, 1}),
          .min_length = 1,
          .max_length = 10'000,
          .check = check_unique,
          .items = std::make_shared<option>(option{.name = "partition",
                                                   .kind = value_kind::integer,
                                                   .summary = "Number of a partition.",
                                                   .minimum = 0,
                                                   .maximum = 1'000'000})};
}

option batch_option() {
  const auto& batch = defaults().batch;
  const std::string summary = "How much is handed to the processors at once.";
  return {.name = "batch",
          .kind = value_kind::object,
          .summary = summary,
          .object = std::make_shared<object_schema>(
              "batch_options", summary,
              std::vector<option>{
                  integer("max_messages", 1, 100'000, batch.max_messages, "Most records in a batch."),
                  integer("max_bytes", 1'024, 67'108'864, batch.max_bytes, "Most bytes of keys and values in a batch."),
                  integer("max_wait_ms", 0, 1'000, batch.max_wait.count(),
                          "Most milliseconds to wait for a batch to fill."),
              })};
}

option rate_option(std::string name, std::int64_t most, std::string summary) {
  return {.name = std::move(name),
          .kind = value_kind::integer,
          .summary = std::move(summary),
          .nullable = true,
          .minimum = 1,
          .maximum = most};
}

option limits_option() {
  const std::string summary = "How fast the consumer reads at most, all its instances together.";
  return {.name = "limits",
          .kind = value_kind::object,
          .summary = summary,
          .object = std::make_shared<object_schema>(
              "rate_limits", summary,
              std::vector<option>{
                  rate_option("records_per_second", 1'000'000'000, "Most records a second; null: no limit."),
                  rate_option("bytes_per_second", 1'000'000'000'000,
                              "Most bytes of keys and values a second; null: no limit."),
              })};
}

verdict check_codes(const json& codes) {
  auto names = codes.get<std::vector<std::string>>();
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice == names.end()) return std::nullopt;
  return *twice + " is named twice";
}

option fatal_codes_option() {
  std::vector<std::string> codes;
  for (const auto code : consumer_fault_codes()) codes.emplace_back(to_string(code));
  return {.name = "fatal_codes",
          .kind = value_kind::array,
          .summary =
              "Codes of `last_error` after which it is not tried again before it is started or changed; all "
              "others are worth waiting for.",
          .example = json::array({"authentication_failed", "authorization_failed"}),
          .max_length = codes.size(),
          .check = check_codes,
          .items = std::make_shared<option>(
              option{.name = "code", .summary = "A code of `last_error`.", .one_of = std::move(codes)})};
}

/// When only one back-off is given, the default of the other one is adjusted to it.
verdict check_backoff(const json& recovery) {
  if (!recovery.contains("initial_backoff_ms") || !recovery.contains("max_backoff_ms")) return std::nullopt;
  const auto initial = recovery.at("initial_backoff_ms").get<std::int64_t>();
  const auto most = recovery.at("max_backoff_ms").get<std::int64_t>();
  if (initial <= most) return std::nullopt;
  return "initial_backoff_ms (" + std::to_string(initial) + ") must be at most max_backoff_ms (" +
         std::to_string(most) + ")";
}

option recovery_option() {
  const auto& recovery = defaults().recovery;
  const std::string summary = "When a failed consumer is tried again.";
  return {.name = "recovery",
          .kind = value_kind::object,
          .summary = summary,
          .check = check_backoff,
          .object = std::make_shared<object_schema>(
              "recovery_options", summary,
              std::vector<option>{
                  {.name = "enabled",
                   .kind = value_kind::boolean,
                   .summary = "Whether it is tried again at all.",
                   .default_value = recovery.enabled},
                  {.name = "max_attempts",
                   .kind = value_kind::integer,
                   .summary = "How often it is tried again before it stays in ERROR; null: as the server's settings "
                              "say, which is for ever where they say nothing.",
                   .nullable = true,
                   .minimum = 1},
                  integer("initial_backoff_ms", 10, 600'000, recovery.initial_backoff.count(),
                          "Milliseconds before the first try; each further wait is about twice as long."),
                  integer("max_backoff_ms", 10, 3'600'000, recovery.max_backoff.count(),
                          "Most milliseconds between two tries."),
                  fatal_codes_option(),
                  integer("processor_restarts", 0, 1'000, recovery.processor_restarts,
                          "How often a processor that ends by itself is replaced within processor_restart_period_ms; "
                          "once more, and the whole consumer is in ERROR and started again after a back-off."),
                  integer("processor_restart_period_ms", 1'000, 3'600'000, recovery.processor_restart_period.count(),
                          "Milliseconds within which processor_restarts are counted."),
                  integer("processor_timeout_ms", 1'000, 3'600'000, recovery.processor_timeout.count(),
                          "Milliseconds that a processor may be at work without a sign of life before it counts as "
                          "stuck, and is given up and replaced."),
              })};
}

verdict check_topic(const json& name) {
  return wrong_topic(name.get_ref<const std::string&>());
}

option on_error_option() {
  const auto& on_error = defaults().on_error;
  const std::string summary = "What becomes of a record that a processor's destination can never take.";
  return {.name = "on_error",
          .kind = value_kind::object,
          .summary = summary,
          .object = std::make_shared<object_schema>(
              "on_error_options", summary,
              std::vector<option>{
                  {.name = "policy",
                   .summary = "`retry`: its batch is tried again for ever; `dead_letter`: it goes to the dead-letter "
                              "topic; `skip`: it is counted and left out; `stop`: the consumer stays in ERROR until it "
                              "is started.",
                   .default_value = std::string(to_string(on_error.policy)),
                   .one_of = {rejection_policies.begin(), rejection_policies.end()}},
                  integer("max_attempts", 1, 1'000'000, on_error.max_attempts,
                          "How often a record is tried before the policy applies; `retry` has no end."),
                  {.name = "dead_letter_topic",
                   .summary = "Topic of the dead letters, on the consumer's own cluster; the consumer's topic and "
                              "`.dead-letter` where it is not set.",
                   .example = "payments.dead-letter",
                   .min_length = 1,
                   .max_length = longest_topic,
                   .pattern = topic_pattern,
                   .check = check_topic},
              })};
}

option lag_option() {
  const auto& lag = defaults().lag;
  const std::string summary = "When the consumer's lag is worth a warning (GET /consumers/{id}/lag).";
  return {.name = "lag",
          .kind = value_kind::object,
          .summary = summary,
          .object = std::make_shared<object_schema>(
              "lag_options", summary,
              std::vector<option>{
                  integer("window_ms", 10'000, 3'600'000, lag.window.count(),
                          "Milliseconds for which lag has to grow (WARNING) or commits have to stand still (STALLED)."),
                  integer("warn_seconds", 0, 31'536'000, lag.warn_after.count(),
                          "Growing lag is no WARNING while no record waits for more seconds."),
                  integer("warn_records", 0, 1'000'000'000'000, lag.warn_records,
                          "Growing lag is no WARNING while no more records wait."),
              })};
}

option kafka_option() {
  return {.name = "kafka",
          .kind = value_kind::object,
          .summary = "How the Kafka client connects.",
          .check = mismatch_in_kafka_options,
          .object = kafka_options_schema()};
}

}  // namespace

const object_schema& consumer_options_schema() {
  static const object_schema schema(
      "consumer_options", "The optional part of a consumer; everything has a default.",
      {{.name = "auto_offset_reset",
        .summary = "Where to start in a partition on which the group has committed nothing that is still there.",
        .default_value = defaults().auto_offset_reset,
        .one_of = {"earliest", "latest", "error"}},
       integer("instances", 1, 64, defaults().instances,
               "Members of the group that this consumer runs; the group divides the partitions among them."),
       partitions_option(),
       batch_option(),
       limits_option(),
       recovery_option(),
       on_error_option(),
       lag_option(),
       kafka_option(),
       integer("stop_timeout_ms", 100, 12'000, defaults().stop_timeout.count(),
               "Milliseconds that a stop waits for the batches in hand to reach the sinks.")});
  return schema;
}

}  // namespace kfs
