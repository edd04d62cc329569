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
#include "config/consumers/orders.hpp"

namespace kfs {

/// Whether a user wants a consumer to run. What is observed is kept elsewhere.
enum class target_state : std::uint8_t { stopped, started };

/// One processor of a consumer, as it is wanted.
struct processor_spec {
  processor_id id;
  std::string type;  ///< the name of a processor type, e.g. "file_sink"
  json config;       ///< as the user sent it, validated; may hold secrets
  timestamp created_at;
  timestamp updated_at;
  bool operator==(const processor_spec&) const = default;
};

/// The limits of one batch that is handed to the processors.
struct batch_options {
  std::int64_t max_messages = 10'000;
  std::int64_t max_bytes = 4 * 1024 * 1024;
  std::chrono::milliseconds max_wait{0};  ///< how long a batch waits to fill; 0 when it is handed over at once
  bool operator==(const batch_options&) const = default;
};

/// How fast a consumer reads, all its instances together; nullopt: as fast as it can.
struct rate_limits {
  std::optional<std::int64_t> records_per_second;
  std::optional<std::int64_t> bytes_per_second;  ///< of keys and values
  bool operator==(const rate_limits&) const = default;
};

/// When the supervisor retries after an ERROR, and when it declares a processor failed.
struct recovery_options {
  bool enabled = true;
  std::optional<std::int64_t> max_attempts;  ///< nullopt when the number of attempts is not limited
  std::chrono::milliseconds initial_backoff{1'000};
  std::chrono::milliseconds max_backoff{60'000};
  std::vector<ec> fatal_codes;  ///< no retry after these, until a user starts or changes the consumer
  /// A processor that ends is replaced at most this often within the period; then the consumer itself is restarted.
  std::int64_t processor_restarts = 3;
  std::chrono::milliseconds processor_restart_period{60'000};
  /// How long a processor may be inside its sink without a sign of life.
  std::chrono::milliseconds processor_timeout{60'000};

  /// True when `code` is one of the fatal codes.
  [[nodiscard]] bool is_fatal(ec code) const;
  bool operator==(const recovery_options&) const = default;
};

/// What happens to a record that a sink rejects.
enum class rejection_policy : std::uint8_t {
  retry,        ///< its batch is written again until the sink accepts it
  dead_letter,  ///< it goes to the dead-letter topic
  skip,         ///< it is counted and skipped
  stop,         ///< the consumer stays in ERROR until a user starts it
};

/// The names of the policies, in the order of the enumeration.
inline constexpr std::array<std::string_view, 4> rejection_policies{"retry", "dead_letter", "skip", "stop"};

std::string_view to_string(rejection_policy policy) noexcept;

/// What to do about records that a sink rejects.
struct on_error_options {
  rejection_policy policy = rejection_policy::retry;
  std::int64_t max_attempts = 1;  ///< how often a record is written before the policy applies; unused by retry
  std::optional<std::string> dead_letter_topic;  ///< nullopt when it is named after the consumer's topic
  bool operator==(const on_error_options&) const = default;

  /// The dead-letter topic of a consumer that reads `topic`.
  [[nodiscard]] std::string dead_letter_topic_of(std::string_view topic) const;
};

/// What is wrong with the dead-letter topic of a consumer that reads `topic`, in a sentence. nullopt when it is
/// neither set nor used, or when it is legal and is not the consumer's own.
std::optional<std::string> wrong_dead_letter_topic(const on_error_options& options, std::string_view topic);

/// When the lag of a consumer is worth a warning.
struct lag_options {
  std::chrono::milliseconds window{60'000};  ///< how long lag has to grow, or commits to stand still
  std::chrono::seconds warn_after{30};       ///< lag may grow while the oldest record waits no longer
  std::int64_t warn_records = 10'000;        ///< and while no more records wait
  bool operator==(const lag_options&) const = default;
};

/// How the Kafka client connects.
struct kafka_options {
  std::optional<std::string> bootstrap_servers;                 ///< nullopt for broker_ip:broker_port
  std::vector<std::pair<std::string, std::string>> properties;  ///< with librdkafka's names; may hold secrets
  bool operator==(const kafka_options&) const = default;
};

/// The options of a consumer, typed, with defaults for those that are absent.
struct consumer_options {
  std::string auto_offset_reset = "earliest";  ///< earliest, latest or error
  int instances = 1;                           ///< members of the group
  std::vector<partition_number> partitions;    ///< empty when the group assigns them
  batch_options batch;
  rate_limits limits;
  recovery_options recovery;
  on_error_options on_error;
  lag_options lag;
  kafka_options kafka;
  std::chrono::milliseconds stop_timeout{10'000};
  bool operator==(const consumer_options&) const = default;
};

/// One consumer as it is wanted: what the store keeps and what the supervisor makes real. Holds secrets.
///
/// Ownership: a value. The supervisor shares one immutable copy with the actors that run the consumer.
struct consumer_spec {
  consumer_id id;
  std::string tenant = "default";  ///< does not change
  std::string broker_ip;
  std::uint16_t broker_port = 0;
  std::string topic;
  std::string consumer_group;
  std::vector<processor_spec> processors;
  json options = json::object();  ///< as the user sent them, validated; without defaults
  target_state target = target_state::stopped;
  standing_orders orders = {};
  timestamp created_at;
  timestamp updated_at;
  revision rev;
  bool operator==(const consumer_spec&) const = default;

  /// The servers that a client of this consumer connects to first: "host:port", separated by commas.
  [[nodiscard]] std::string bootstrap_servers() const;

  /// The static member id (group.instance.id, KIP-345) of the consumer's instance of that number.
  [[nodiscard]] std::string member_id(int instance) const;
};

/// What holds where a consumer's options say nothing; from the server's settings.
struct policy_defaults {
  recovery_options recovery;
  on_error_options on_error;
  bool operator==(const policy_defaults&) const = default;
};

/// The typed form of validated options. Aborts on options that were never validated. When only one of the two back-offs
/// is given, the default of the other one is adjusted to it.
consumer_options typed_options(const json& validated, const policy_defaults& defaults = {});

}  // namespace kfs
