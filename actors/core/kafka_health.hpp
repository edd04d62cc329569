#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "actors/kafka/ports.hpp"

namespace kfs {

/// Judges from what the client reports whether Kafka is all right for one consumer.
///
/// - No broker has answered for ten seconds, by samples that are two seconds apart: broker_unreachable or
/// broker_silent, by what the last connection met.
/// - Refused credentials, rights or topic: said at once, and taken back when the group works again.
/// - A broken group or client: said as it is reported.
///
/// Threading: none; time is an argument.
class kafka_health {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds patience{12};

  kafka_health(std::string bootstrap_servers, clock::time_point started_at)
      : bootstrap_servers_(std::move(bootstrap_servers)), last_answer_(started_at) {}

  void sampled(const kafka_sample& sample, clock::time_point at);
  void reported(const kafka_fault& fault);

  /// Partitions were given: topic and group are there.
  void assigned();

  /// What is wrong at `at`, or nothing.
  [[nodiscard]] std::optional<error> fault(clock::time_point at) const;

  /// Nothing is wrong, and a broker has answered and the group has been joined: not merely unknown.
  [[nodiscard]] bool healthy(clock::time_point at) const;

  /// Something has been reported and not taken back, however recent: not yet a fault, but no reason to wait for Kafka.
  [[nodiscard]] bool troubled() const noexcept { return refusal_ || connection_; }

  /// The client reported that it cannot go on.
  [[nodiscard]] bool fatal() const noexcept { return fatal_; }

 private:
  std::string bootstrap_servers_;
  clock::time_point last_answer_;
  bool joined_ = false;
  bool answered_ = false;
  bool fatal_ = false;
  std::optional<error> refusal_;     ///< credentials, rights, topic, group
  std::optional<error> connection_;  ///< the last fault of a connection
};

}  // namespace kfs
