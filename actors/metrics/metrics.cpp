#include "actors/metrics/metrics.hpp"

#include <map>
#include <mutex>
#include <tuple>
#include <utility>

#include "actors/kafka/linked_client.hpp"
#include "actors/metrics/declared_metrics.hpp"
#include "actors/metrics/process_figures.hpp"

namespace kfs {
namespace {

std::string status_class_of(int status) {
  return std::to_string(status / 100) + "xx";
}

/// Series that are made when they are first needed and kept until they are dropped.
///
/// Threading: safe from any thread.
template <class Key, class Series>
class kept_series {
 public:
  template <class Sought, class Make>
  Series of(const Sought& key, const Make& make) {
    const std::lock_guard lock(mutex_);
    if (const auto known = all_.find(key); known != all_.end()) return known->second;
    return all_.emplace(Key(key), make()).first->second;
  }

  void drop(const Key& key) {
    const std::lock_guard lock(mutex_);
    all_.erase(key);
  }

 private:
  std::mutex mutex_;
  std::map<Key, Series, std::less<>> all_;
};

struct request_series {
  histogram_family::series seconds;
  counter_family::series count;
};

struct operation_series {
  histogram_family::series seconds;
  counter_family::series errors;
};

}  // namespace

struct metrics::registry {
  declared_metrics declared;
  // Below the families, because series are destroyed before them. Methods, routes, statuses and operations are few.
  kept_series<std::tuple<std::string, std::string, int>, request_series> requests;
  kept_series<std::string, operation_series> operations;
  kept_series<std::string, gauge_family::series> breakers;
  kept_series<std::string, gauge_family::series> certificates;
  kept_series<std::string, gauge_family::series> replicas;
  kept_series<std::string, gauge_family::series> single;  ///< gauges without labels, by name
  kept_series<std::string, counter_family::series> moves;
  gauge_family::series build;
  gauge_family::series replica;

  gauge_family::series only(gauge_family& family) {
    return single.of(family.declared().name, [&] { return family.of({}); });
  }
};

metrics::metrics() : registry_(std::make_unique<registry>()) {
  registry_->build = registry_->declared.build.of({{"version", KFS_VERSION}, {"librdkafka", linked_client_version()}});
  registry_->build->Set(1);
}

metrics::~metrics() = default;

std::shared_ptr<consumer_metrics> metrics::of_consumer(const consumer_spec& spec) {
  return make_consumer_metrics(registry_->declared, spec);
}

void metrics::http_answered(std::string_view method, std::string_view route, int status,
                            std::chrono::duration<double> took) {
  auto& declared = registry_->declared;
  const auto series = registry_->requests.of(std::tuple(method, route, status), [&] {
    const std::string of_method(method);
    const std::string of_route(route);
    return request_series{
        declared.request_seconds.of(
            {{"method", of_method}, {"route", of_route}, {"status_class", status_class_of(status)}}),
        declared.requests.of({{"method", of_method}, {"route", of_route}, {"status", std::to_string(status)}})};
  });
  series.seconds->Observe(took.count());
  series.count->Increment();
}

void metrics::endpoint_breaker(const std::string& origin, std::optional<int> state) {
  if (!state) return registry_->breakers.drop(origin);
  registry_->breakers.of(origin, [&] { return registry_->declared.breakers.of({{"endpoint", origin}}); })->Set(*state);
}

void metrics::store_answers(bool answers) {
  registry_->only(registry_->declared.store_up)->Set(answers ? 1 : 0);
}

void metrics::store_operation(std::string_view operation, std::chrono::duration<double> took, bool away) {
  const auto series = registry_->operations.of(operation, [&] {
    const prometheus::Labels labels{{"operation", std::string(operation)}};
    return operation_series{registry_->declared.store_seconds.of(labels), registry_->declared.store_errors.of(labels)};
  });
  series.seconds->Observe(took.count());
  if (away) series.errors->Increment();
}

void metrics::certificate(const std::string& purpose, timestamp expires) {
  const auto series = registry_->certificates.of(purpose, [&] {
    return registry_->declared.certificate_expiry.of({{"certificate", purpose}});
  });
  series->Set(std::chrono::duration<double>(expires.time_since_epoch()).count());
}

void metrics::replica(const std::string& name) {
  registry_->replica = registry_->declared.replica.of({{"replica", name}});
  registry_->replica->Set(1);
}

void metrics::cluster(const cluster_counts& counts) {
  auto& all = *registry_;
  const auto set = [&](const std::string& state, std::size_t count) {
    all.replicas.of(state,
                    [&] {
                      return all.declared.replicas.of({{"state", state}});
                    })
        ->Set(static_cast<double>(count));
  };
  set("ACTIVE", counts.active);
  set("DRAINING", counts.draining);
  set("LOST", counts.lost);
  all.only(all.declared.leases)->Set(static_cast<double>(counts.leases));
  all.only(all.declared.unassigned)->Set(static_cast<double>(counts.unassigned));
  all.moves.of(all.declared.moves.declared().name, [&] { return all.declared.moves.of({}); })
      ->Increment(static_cast<double>(counts.moves));
}

std::string metrics::exposition(exposition_format format) const {
  exposition_writer text(format, last_size_ + last_size_ / 8);
  for (const auto& metric : registry_->declared.list.all()) metric->write(text);
  write_process_metrics(text);
  auto written = text.finish();
  last_size_ = written.size();
  return written;
}

std::vector<metric_description> metrics::described() const {
  std::vector<metric_description> all;
  const auto add = [&](const metric_declaration& declared, prometheus::MetricType type) {
    all.push_back({declared.name, std::string(name_of(type)), declared.labels, declared.help});
  };
  for (const auto& metric : registry_->declared.list.all()) add(metric->declared(), metric->type());
  for (const auto& metric : process_metrics()) add(metric.declared, metric.type);
  return all;
}

}  // namespace kfs
