#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/base/error.hpp"
#include "config/base/ids.hpp"
#include "config/base/json.hpp"
#include "config/base/timestamp.hpp"

namespace kfs {

/// What a user wants of a consumer, stored apart from what is observed.
enum class target_state : std::uint8_t { stopped, started };

/// One downstream processor as it is wanted.
struct processor_spec {
  processor_id id;
  std::string type;  ///< name of a registered processor type, e.g. "file_sink"
  json config;       ///< as the user sent it, validated against the type's declaration; may hold secrets
  timestamp created_at;
  timestamp updated_at;
  bool operator==(const processor_spec&) const = default;
};

/// How many records, bytes and milliseconds one hand-over to the processors may hold.
struct batch_options {
  std::int64_t max_messages = 10'000;
  std::int64_t max_bytes = 4 * 1024 * 1024;
  std::chrono::milliseconds max_wait{0};  ///< how long a batch waits to fill; 0: it is handed over at once
  bool operator==(const batch_options&) const = default;
};

/// When the supervisor tries again after an ERROR, and when it takes something for failed.
struct recovery_options {
  bool enabled = true;
  std::optional<std::int64_t> max_attempts;  ///< none: for ever
  std::chrono::milliseconds initial_backoff{1'000};
  std::chrono::milliseconds max_backoff{60'000};
  std::vector<ec> fatal_codes;  ///< faults after which nobody tries again before a user starts or changes the consumer
  /// A processor that ends is replaced so often within so long; once more, and the consumer itself is restarted.
  std::int64_t processor_restarts = 3;
  std::chrono::milliseconds processor_restart_period{60'000};
  /// How long a processor may be inside its sink without a sign of life.
  std::chrono::milliseconds processor_timeout{60'000};

  /// Whether that fault is one of the fatal codes.
  [[nodiscard]] bool is_fatal(ec code) const;
  bool operator==(const recovery_options&) const = default;
};

/// What becomes of a record that a sink can never take.
enum class refusal_policy : std::uint8_t {
  retry,        ///< its batch is offered again until the sink takes it
  dead_letter,  ///< it goes to the dead-letter topic
  skip,         ///< it is counted and left out
  stop,         ///< the consumer ends in ERROR until somebody starts it
};

/// Their names, in the order of the enumeration.
inline constexpr std::array<std::string_view, 4> refusal_policies{"retry", "dead_letter", "skip", "stop"};

std::string_view to_string(refusal_policy policy) noexcept;

/// What to do about records that a sink refuses.
struct on_error_options {
  refusal_policy policy = refusal_policy::retry;
  std::int64_t max_attempts = 1;  ///< how often a record is offered before the policy applies; not of retry
  std::optional<std::string> dead_letter_topic;  ///< none: named after the consumer's own topic
  bool operator==(const on_error_options&) const = default;

  /// Where the dead letters of a consumer of `topic` go.
  [[nodiscard]] std::string dead_letter_topic_of(std::string_view topic) const;
};

/// What is wrong with `options.on_error` of a consumer of `topic`, in a sentence; nothing: dead letters have a topic
/// that is legal and not the consumer's own, or there are none.
std::optional<std::string> wrong_dead_letter_topic(const on_error_options& options, std::string_view topic);

/// How the Kafka client connects. Properties are librdkafka's names and were checked against the allow-list.
struct kafka_options {
  std::optional<std::string> bootstrap_servers;                 ///< none: broker_ip:broker_port
  std::vector<std::pair<std::string, std::string>> properties;  ///< in librdkafka's spelling, secrets included
  bool operator==(const kafka_options&) const = default;
};

/// The optional part of a consumer, typed and with defaults in place.
struct consumer_options {
  std::string auto_offset_reset = "earliest";  ///< earliest, latest or error
  int instances = 1;                           ///< members of the group
  std::vector<partition_number> partitions;    ///< empty: the group assigns
  batch_options batch;
  recovery_options recovery;
  on_error_options on_error;
  kafka_options kafka;
  std::chrono::milliseconds stop_timeout{10'000};
  bool operator==(const consumer_options&) const = default;
};

/// One consumer as it is wanted: what the store keeps and what the supervisor makes real.
///
/// A value; whoever holds a copy owns it. The supervisor shares one immutable copy with the actors that run it.
struct consumer_spec {
  consumer_id id;
  std::string broker_ip;
  std::uint16_t broker_port = 0;
  std::string topic;
  std::string consumer_group;
  std::vector<processor_spec> processors;
  json options = json::object();  ///< as the user sent them, validated; defaults are not written in
  target_state target = target_state::stopped;
  timestamp created_at;
  timestamp updated_at;
  revision rev;
  bool operator==(const consumer_spec&) const = default;

  /// The bootstrap servers that a client of this consumer connects to; an IPv6 address is put in brackets.
  [[nodiscard]] std::string bootstrap_servers() const;

  /// The static member id (group.instance.id, KIP-345) of the consumer's member of the group number `instance`.
  [[nodiscard]] std::string member_id(int instance) const;
};

/// What a server's settings say where a consumer's options say nothing.
struct policy_defaults {
  recovery_options recovery;
  on_error_options on_error;
  bool operator==(const policy_defaults&) const = default;
};

/// The typed form of validated options, with defaults for what is absent. Aborts on options that were never validated.
/// Where one back-off is given and the other comes from the defaults, the given one holds.
consumer_options typed_options(const json& validated, const policy_defaults& defaults = {});

}  // namespace kfs
