#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/metrics/consumer_metrics.hpp"
#include "actors/metrics/exposition_format.hpp"
#include "config/base/timestamp.hpp"

namespace kfs {

/// What a user may know of a metric.
struct metric_description {
  std::string name;
  std::string type;  ///< counter, gauge or histogram
  std::vector<std::string> labels;
  std::string help;
};

/// All metrics of the process. declared_metrics.hpp and process_figures.hpp declare each once with help and labels.
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

  /// Whether the store answers.
  void store_answers(bool answers);
  /// Counts an operation of the store; `away`: it failed because the store did not answer or did not write.
  void store_operation(std::string_view operation, std::chrono::duration<double> took, bool away);

  /// Sets when the certificate of that purpose expires.
  void certificate(const std::string& purpose, timestamp expires);

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

  /// All metrics as text.
  [[nodiscard]] std::string exposition(exposition_format format = exposition_format::classic) const;

  /// All metrics that are declared, in the order of the exposition.
  [[nodiscard]] std::vector<metric_description> described() const;

 private:
  struct registry;
  std::unique_ptr<registry> registry_;
  mutable std::atomic<std::size_t> last_size_ = 0;  ///< of the exposition, so that the next one is made at once
};

}  // namespace kfs
