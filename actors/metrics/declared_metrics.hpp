#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actors/metrics/series.hpp"

namespace kfs {

/// All families of metrics, in the order in which they are written.
///
/// Ownership: owns the families, which outlive their series. Threading: none, while families are added.
class metric_list {
 public:
  using names = std::vector<std::string>;

  counter_family& counter(std::string name, std::string help, names labels = {}) {
    return add<counter_family>({std::move(name), std::move(help), std::move(labels)});
  }
  gauge_family& gauge(std::string name, std::string help, names labels = {}) {
    return add<gauge_family>({std::move(name), std::move(help), std::move(labels)});
  }
  histogram_family& histogram(std::string name, std::string help, names labels,
                              prometheus::Histogram::BucketBoundaries bounds) {
    return add<histogram_family>({std::move(name), std::move(help), std::move(labels)}, std::move(bounds));
  }

  [[nodiscard]] const std::vector<std::unique_ptr<declared_metric>>& all() const noexcept { return all_; }

 private:
  template <class Family, class... Args>
  Family& add(metric_declaration declared, Args... more) {
    auto made = std::make_unique<Family>(std::move(declared), std::move(more)...);
    auto& family = *made;
    all_.push_back(std::move(made));
    return family;
  }

  std::vector<std::unique_ptr<declared_metric>> all_;
};

/// Every metric of the server but those of the process (process_figures.hpp), declared once.
///
/// Labels are bounded: names of what users configure, and fixed words. Never a key, a value, a path or a message.
///
/// Ownership: outlives all series. Threading: the families are safe from any thread.
struct declared_metrics {
  declared_metrics();

  metric_list list;

  // Of a consumer, while this replica runs it.
  counter_family& messages;
  counter_family& bytes;
  histogram_family& batch_records;
  gauge_family& lag;
  gauge_family& status;
  gauge_family& paused;
  counter_family& restarts;
  counter_family& rebalances;
  histogram_family& commit_seconds;
  counter_family& commit_errors;

  // Of the client of one instance of a consumer.
  gauge_family& in_flight_batches;
  gauge_family& in_flight_records;
  gauge_family& client_queued;
  gauge_family& client_connections;
  gauge_family& client_throttle;
  counter_family& client_timeouts;
  counter_family& client_disconnects;

  // Of a processor.
  counter_family& written;
  histogram_family& write_seconds;
  counter_family& errors;
  counter_family& retries;
  counter_family& processor_restarts;
  counter_family& rejected;
  counter_family& dead_letters;
  counter_family& skipped;

  // Of the server.
  gauge_family& breakers;
  counter_family& requests;
  histogram_family& request_seconds;
  gauge_family& store_up;
  histogram_family& store_seconds;
  counter_family& store_errors;
  gauge_family& certificate_expiry;
  gauge_family& replica;
  gauge_family& replicas;
  gauge_family& leases;
  gauge_family& unassigned;
  counter_family& moves;
  gauge_family& build;
};

}  // namespace kfs
