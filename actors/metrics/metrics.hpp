#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "actors/kafka/ports.hpp"
#include "config/consumers/spec.hpp"

namespace kfs {

/// The series of one consumer. Counters start at zero, a lag with its first value; all vanish with the last owner.
///
/// Ownership: the supervisor keeps one a consumer, over restarts of its actor, so that counters do not fall back.
/// Threading: safe from any thread; counting costs an atomic addition.
class consumer_metrics {
 public:
  virtual ~consumer_metrics() = default;
  virtual void consumed(std::size_t records, std::size_t bytes) = 0;
  virtual void restarted() = 0;
  /// 0 INACTIVE, 1 ACTIVE, 2 ERROR
  virtual void status(int value) = 0;
  virtual void lag(partition_number partition, std::int64_t records) = 0;
  /// Partitions that this consumer no longer owns have no lag series.
  virtual void forget_lag(partition_number partition) = 0;
  virtual void written(const processor_id& processor, std::size_t records, std::chrono::duration<double> took) = 0;
  virtual void failed(const processor_id& processor) = 0;
  /// Records that the dead-letter topic has taken, and records that were left out.
  virtual void dead_lettered(const processor_id& processor, std::size_t records) = 0;
  virtual void skipped(const processor_id& processor, std::size_t records) = 0;
};

/// Every metric of the process, declared once with help and labels. Outlives every consumer_metrics.
///
/// Threading: safe from any thread.
class metrics {
 public:
  metrics();
  ~metrics();
  metrics(const metrics&) = delete;
  metrics& operator=(const metrics&) = delete;

  /// The series of this consumer and of its processors. When its spec changes they are asked for anew, before the old
  /// ones are let go, so that counters whose labels stay go on. Other processors than the spec's cannot be counted.
  std::shared_ptr<consumer_metrics> of_consumer(const consumer_spec& spec);

  /// One answered HTTP request. `route` is the route's template, never the path.
  void http_answered(std::string_view method, std::string_view route, int status, std::chrono::duration<double> took);

  /// The circuit breaker of the HTTP endpoint `origin` (scheme, host and port): 0 closed, 1 half-open, 2 open. None:
  /// nobody sends there any more, and the series vanishes.
  void endpoint_breaker(const std::string& origin, std::optional<int> state);

  /// The Prometheus text exposition (version 0.0.4).
  [[nodiscard]] std::string exposition() const;

 private:
  struct registry;
  std::unique_ptr<registry> registry_;
};

}  // namespace kfs
