#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>

#include "config/consumers/spec.hpp"

namespace kfs {

/// Decides when to try again after a failure: exponential back-off with jitter, between the bounds of the options. A
/// minute of health resets it.
///
/// The n-th delay is drawn evenly from [initial, min(maximum, initial · 2ⁿ)] ("full jitter" above a floor), so that
/// many consumers that failed together do not try again together.
///
/// Threading: none. Time and the seed of the jitter are arguments, so tests decide both.
class restart_policy {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::minutes forget_after{1};

  restart_policy(recovery_options options, std::uint64_t seed) : options_(options), random_(seed) {}

  /// An attempt failed at `at`. Returns the wait before the next attempt; nullopt when no attempt follows.
  std::optional<std::chrono::milliseconds> failed(clock::time_point at);

  /// There is no fault at `at`. May be called at any rate.
  void healthy(clock::time_point at);

  /// Forgets every failure, because a user started the consumer.
  void reset();

  /// The number of failures since the last reset or minute of health.
  [[nodiscard]] std::int64_t attempts() const noexcept { return attempts_; }

 private:
  recovery_options options_;
  std::mt19937_64 random_;
  std::int64_t attempts_ = 0;
  std::optional<clock::time_point> healthy_since_;
};

}  // namespace kfs
