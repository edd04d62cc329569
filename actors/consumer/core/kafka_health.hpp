#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "actors/kafka/ports.hpp"

namespace kfs {

/// Judges from what the client reports whether Kafka is all right for one consumer.
///
/// - No broker has answered for ten seconds, by samples that are three seconds apart: broker_unreachable or
///   broker_silent, by what the last connection met.
/// - A broker answers, but the group is not joined, or nothing comes of assigned partitions: the same where a
/// connection
///   has failed (a broker that advertises an address which cannot be reached), else group_unavailable or broker_silent.
/// - Refused credentials, rights, topic or offset: said at once, and taken back when the group and every partition
/// work.
/// - A broken client: said as it is reported.
///
/// Threading: none; time is an argument.
class kafka_health {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds patience{11};
  /// A rebalance may wait for other members.
  static constexpr std::chrono::seconds joining_patience{30};

  kafka_health(std::string bootstrap_servers, clock::time_point started_at)
      : bootstrap_servers_(std::move(bootstrap_servers)), last_answer_(started_at), unjoined_since_(started_at) {}

  void sampled(const kafka_sample& sample, clock::time_point at);
  void reported(const kafka_fault& fault);

  /// Partitions were given: topic and group are there.
  void assigned();

  /// Whether partitions are assigned of which neither a record nor the end has come, although they are polled.
  void awaiting_partitions(bool awaiting, clock::time_point at);

  /// What is wrong at `at`, or nothing.
  [[nodiscard]] std::optional<error> fault(clock::time_point at) const;

  /// Nothing is wrong, a broker has answered, the group is joined, and every partition has been heard of: not merely
  /// unknown.
  [[nodiscard]] bool healthy(clock::time_point at) const;

  /// The client reported that it cannot go on.
  [[nodiscard]] bool fatal() const noexcept { return fatal_; }

 private:
  [[nodiscard]] error stuck(std::string what, clock::duration since, ec otherwise) const;

  std::string bootstrap_servers_;
  clock::time_point last_answer_;
  std::optional<clock::time_point> unjoined_since_;  ///< none: joined
  std::optional<clock::time_point> awaiting_since_;  ///< none: every partition has been heard of
  bool answered_ = false;
  bool fatal_ = false;
  std::optional<error> refusal_;     ///< credentials, rights, topic, group
  std::optional<error> connection_;  ///< the last fault of a connection
};

}  // namespace kfs
