#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "actors/kafka/ports.hpp"

namespace kfs {

/// Judges from the client's reports whether Kafka works for one consumer.
///
/// - No broker has answered for `patience` (samples come every three seconds): broker_unreachable or broker_silent,
///   depending on the last fault of a connection.
/// - A broker answers, but the group is not joined, or an assigned partition delivers nothing: the same codes after a
///   fault of a connection (a broker may advertise an address that cannot be reached), else group_unavailable or
///   broker_silent.
/// - An assigned partition delivers nothing because the topic does not have it: topic_missing.
/// - Credentials, rights, topic or offset are refused: a fault at once, until the group and every partition work.
/// - The client is broken: a fault as soon as it is reported.
///
/// Threading: none; time is an argument.
class kafka_health {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds patience{11};
  /// Longer than `patience`, because a rebalance may wait for other members.
  static constexpr std::chrono::seconds joining_patience{30};

  kafka_health(std::string bootstrap_servers, clock::time_point started_at)
      : bootstrap_servers_(std::move(bootstrap_servers)), last_answer_(started_at), unjoined_since_(started_at) {}

  void sampled(const kafka_sample& sample, clock::time_point at);
  void reported(const kafka_fault& fault);

  /// Partitions were assigned, so the topic and the group exist.
  void assigned();

  /// `awaiting`: an assigned partition that is polled has delivered neither a record nor its end. `absent` says so when
  /// the topic has no such partition.
  void awaiting_partitions(bool awaiting, clock::time_point at, std::optional<std::string> absent = std::nullopt);

  /// The fault at `at`; nullopt when there is none.
  [[nodiscard]] std::optional<error> fault(clock::time_point at) const;

  /// Known to be healthy: no fault, a broker has answered, the group is joined, and every partition has delivered.
  [[nodiscard]] bool healthy(clock::time_point at) const;

  /// The client reported that it cannot go on.
  [[nodiscard]] bool fatal() const noexcept { return fatal_; }

 private:
  [[nodiscard]] error stuck(std::string symptom, clock::duration since, ec otherwise) const;

  std::string bootstrap_servers_;
  clock::time_point last_answer_;
  std::optional<clock::time_point> unjoined_since_;  ///< nullopt when the group is joined
  std::optional<clock::time_point> awaiting_since_;  ///< nullopt when every partition has delivered
  std::optional<std::string> absent_;                ///< nullopt when the topic has every awaited partition
  bool answered_ = false;
  bool fatal_ = false;
  std::optional<error> refusal_;     ///< credentials, rights, topic, group
  std::optional<error> connection_;  ///< the last fault of a connection
};

}  // namespace kfs
