#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "actors/kafka/ports.hpp"
#include "config/consumers/spec.hpp"

namespace kfs {

/// The series of one consumer. Counters exist from the beginning, at zero; a lag exists from its first value on. All
/// series are removed when the last owner releases them.
///
/// Ownership: the supervisor keeps one for each consumer, across restarts of its actor, so that counters do not reset.
/// Threading: safe from any thread; counting costs an atomic addition.
class consumer_metrics {
 public:
  virtual ~consumer_metrics() = default;
  virtual void consumed(std::size_t records, std::size_t bytes) = 0;
  virtual void restarted() = 0;
  /// `value` is 0 for INACTIVE, 1 for ACTIVE, 2 for ERROR.
  virtual void status(int value) = 0;
  virtual void lag(partition_number partition, std::int64_t records) = 0;
  /// Removes the lag of a partition that the consumer no longer owns.
  virtual void forget_lag(partition_number partition) = 0;
  virtual void written(const processor_id& processor, std::size_t records, std::chrono::duration<double> took) = 0;
  virtual void failed(const processor_id& processor) = 0;
  /// Counts rejected records that are now in the dead-letter topic.
  virtual void dead_lettered(const processor_id& processor, std::size_t records) = 0;
  /// Counts rejected records that were skipped.
  virtual void skipped(const processor_id& processor, std::size_t records) = 0;
};

/// All metrics of the process, each declared once with its help text and labels.
///
/// Ownership: one for the process; outlives every consumer_metrics.
/// Threading: safe from any thread.
class metrics {
 public:
  metrics();
  ~metrics();
  metrics(const metrics&) = delete;
  metrics& operator=(const metrics&) = delete;

  /// The series of this consumer and of the processors in its spec; no other processors can be counted. When the spec
  /// changes, call it again before releasing the old series: counters with unchanged labels then keep their values.
  std::shared_ptr<consumer_metrics> of_consumer(const consumer_spec& spec);

  /// Counts an answered HTTP request. `route` is the template of the route, never the path.
  void http_answered(std::string_view method, std::string_view route, int status, std::chrono::duration<double> took);

  /// Sets the state of the circuit breaker of the HTTP endpoint `origin` (scheme, host and port): 0 closed, 1
  /// half-open, 2 open. nullopt removes the series, when no sink uses the endpoint any more.
  void endpoint_breaker(const std::string& origin, std::optional<int> state);

  /// Sets the name of this replica, once.
  void replica(const std::string& name);

  /// What this replica knows of all replicas on its database.
  struct cluster_counts {
    std::size_t active = 0;
    std::size_t draining = 0;
    std::size_t lost = 0;
    std::size_t leases = 0;      ///< instances that some replica runs
    std::size_t unassigned = 0;  ///< instances that shall run and that none runs
    std::size_t moves = 0;       ///< leases that have got another holder since the last call
  };
  void cluster(const cluster_counts& counts);

  /// All metrics in the Prometheus text format (version 0.0.4).
  [[nodiscard]] std::string exposition() const;

 private:
  struct registry;
  std::unique_ptr<registry> registry_;
};

}  // namespace kfs
