#include "actors/metrics/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>

#include "actors/metrics/exposition.hpp"
#include "actors/metrics/series.hpp"

namespace kfs {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Labels;

/// In seconds: from a batch to a file in the page cache up to a batch to a sink that hangs.
const Histogram::BucketBoundaries batch_buckets = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                   0.25,   0.5,   1,      2.5,   5,    10,    30};
/// In seconds: up to 15, the time limit of a request.
const Histogram::BucketBoundaries request_buckets = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                     0.25,   0.5,   1,      2.5,   5,    10,    15};

template <class Builder>
auto& declare(prometheus::Registry& registry, Builder build, const char* name, const char* help) {
  return build().Name(name).Help(help).Register(registry);
}

Labels with(Labels labels, std::initializer_list<Labels::value_type> more) {
  labels.insert(more);
  return labels;
}

}  // namespace

struct metrics::registry {
  prometheus::Registry all;

  shared_family<Counter> messages{declare(all, prometheus::BuildCounter, "kafka_fetcher_consumer_messages_total",
                                          "Records that the consumer read from Kafka.")};
  shared_family<Counter> bytes{declare(all, prometheus::BuildCounter, "kafka_fetcher_consumer_bytes_total",
                                       "Bytes of keys and values that the consumer read from Kafka.")};
  shared_family<Counter> restarts{declare(all, prometheus::BuildCounter, "kafka_fetcher_consumer_restarts_total",
                                          "Times that the supervisor started the consumer again after an error.")};
  shared_family<Gauge> status{declare(all, prometheus::BuildGauge, "kafka_fetcher_consumer_status",
                                      "Status of the consumer: 0 INACTIVE, 1 ACTIVE, 2 ERROR.")};
  shared_family<Gauge> lag{declare(all, prometheus::BuildGauge, "kafka_fetcher_consumer_lag",
                                   "Records between the committed offset and the log end, for owned partitions.")};
  shared_family<Counter> written{declare(all, prometheus::BuildCounter, "kafka_fetcher_processor_messages_total",
                                         "Records that the processor wrote to its sink.")};
  shared_family<Counter> errors{declare(all, prometheus::BuildCounter, "kafka_fetcher_processor_errors_total",
                                        "Failed attempts of the processor to write a batch.")};
  shared_family<Counter> dead_letters{declare(all, prometheus::BuildCounter, "kafka_fetcher_dead_letters_total",
                                              "Records that went to the dead-letter topic.")};
  shared_family<Counter> skipped{declare(all, prometheus::BuildCounter, "kafka_fetcher_skipped_records_total",
                                         "Records that the processor's sink rejected and that were skipped.")};
  shared_family<Histogram> batches{declare(all, prometheus::BuildHistogram, "kafka_fetcher_processor_batch_seconds",
                                           "Time that a successful write of one batch took, in seconds.")};
  shared_family<Gauge> breakers{declare(all, prometheus::BuildGauge, "kafka_fetcher_endpoint_breaker_state",
                                        "Circuit breaker of an HTTP endpoint: 0 closed, 1 half-open, 2 open.")};
  prometheus::Family<Counter>& requests{
      declare(all, prometheus::BuildCounter, "kafka_fetcher_http_requests_total", "Answered HTTP requests.")};
  prometheus::Family<Histogram>& request_seconds{declare(all, prometheus::BuildHistogram,
                                                         "kafka_fetcher_http_request_seconds",
                                                         "Time from an HTTP request to its answer, in seconds.")};
  prometheus::Family<Gauge>& replica{declare(all, prometheus::BuildGauge, "kafka_fetcher_replica_info",
                                             "Always 1; the label names the replica that answers.")};
  prometheus::Family<Gauge>& replicas{declare(all, prometheus::BuildGauge, "kafka_fetcher_cluster_replicas",
                                              "Replicas on the same database, by state.")};
  prometheus::Family<Gauge>& leases{declare(all, prometheus::BuildGauge, "kafka_fetcher_cluster_leases",
                                            "Consumer instances that some replica runs.")};
  prometheus::Family<Gauge>& unassigned{declare(all, prometheus::BuildGauge, "kafka_fetcher_cluster_unassigned",
                                                "Consumer instances that shall run and that no replica runs.")};
  prometheus::Family<Counter>& moves{declare(all, prometheus::BuildCounter, "kafka_fetcher_cluster_moves_total",
                                             "Consumer instances that another replica has taken over.")};
  prometheus::Family<Gauge>& build{declare(all, prometheus::BuildGauge, "kafka_fetcher_build_info",
                                           "Always 1; the labels describe the running server.")};

  /// The series of answered requests. Never removed: methods, routes and statuses are few.
  struct request_series {
    Histogram* seconds;
    Counter* count;
  };
  request_series of_requests(std::string_view method, std::string_view route, int code) {
    const std::lock_guard lock(requests_mutex);
    if (const auto known = known_requests.find(std::tuple(method, route, code)); known != known_requests.end())
      return known->second;
    const Labels labels{{"method", std::string(method)}, {"route", std::string(route)}};
    const request_series made{&request_seconds.Add(labels, request_buckets),
                              &requests.Add(with(labels, {{"status", std::to_string(code)}}))};
    known_requests.emplace(std::tuple(method, route, code), made);
    return made;
  }

  std::mutex requests_mutex;
  /// By method, route and status. Guarded by requests_mutex.
  std::map<std::tuple<std::string, std::string, int>, request_series, std::less<>> known_requests;
  std::mutex breakers_mutex;
  /// By origin. The last member, because its series must be destroyed before their family.
  std::map<std::string, shared_family<Gauge>::series> breaker_series;
};

namespace {

/// Holds the series of one consumer, so that counting needs no look-up by labels.
class counted_consumer final : public consumer_metrics {
 public:
  using lag_family = shared_family<Gauge>;

  struct processor_series {
    shared_family<Counter>::series messages;
    shared_family<Counter>::series errors;
    shared_family<Counter>::series dead_letters;
    shared_family<Counter>::series skipped;
    shared_family<Histogram>::series seconds;
  };

  struct consumer_series {
    shared_family<Counter>::series messages;
    shared_family<Counter>::series bytes;
    shared_family<Counter>::series restarts;
    shared_family<Gauge>::series status;
    std::map<processor_id, processor_series> processors;
  };

  counted_consumer(consumer_series series, lag_family& lags, Labels labels)
      : series_(std::move(series)), lags_(lags), labels_(std::move(labels)) {}

  void consumed(std::size_t records, std::size_t bytes) override {
    series_.messages->Increment(static_cast<double>(records));
    series_.bytes->Increment(static_cast<double>(bytes));
  }

  void restarted() override { series_.restarts->Increment(); }

  void status(int value) override { series_.status->Set(value); }

  void lag(partition_number partition, std::int64_t records) override {
    const std::lock_guard lock(mutex_);
    auto& series = lag_[partition];
    if (!series) series = lags_.of(with(labels_, {{"partition", std::to_string(partition)}}));
    series->Set(static_cast<double>(records));
  }

  void forget_lag(partition_number partition) override {
    const std::lock_guard lock(mutex_);
    lag_.erase(partition);
  }

  void written(const processor_id& processor, std::size_t records, std::chrono::duration<double> took) override {
    const auto& series = series_.processors.at(processor);
    series.messages->Increment(static_cast<double>(records));
    series.seconds->Observe(took.count());
  }

  void failed(const processor_id& processor) override { series_.processors.at(processor).errors->Increment(); }

  void dead_lettered(const processor_id& processor, std::size_t records) override {
    series_.processors.at(processor).dead_letters->Increment(static_cast<double>(records));
  }

  void skipped(const processor_id& processor, std::size_t records) override {
    series_.processors.at(processor).skipped->Increment(static_cast<double>(records));
  }

 private:
  const consumer_series series_;
  lag_family& lags_;
  const Labels labels_;
  std::mutex mutex_;
  std::map<partition_number, lag_family::series> lag_;
};

}  // namespace

metrics::metrics() : registry_(std::make_unique<registry>()) {
  registry_->build.Add({{"version", KFS_VERSION}}).Set(1);
}

metrics::~metrics() = default;

std::shared_ptr<consumer_metrics> metrics::of_consumer(const consumer_spec& spec) {
  auto& all = *registry_;
  Labels labels{{"consumer_id", spec.id.value}, {"topic", spec.topic}, {"consumer_group", spec.consumer_group}};
  counted_consumer::consumer_series series{
      all.messages.of(labels), all.bytes.of(labels), all.restarts.of(labels), all.status.of(labels), {}};
  for (const auto& processor : spec.processors) {
    const auto own = with(labels, {{"processor_id", processor.id.value}, {"processor_type", processor.type}});
    series.processors.emplace(processor.id, counted_consumer::processor_series{
                                                all.written.of(own), all.errors.of(own), all.dead_letters.of(own),
                                                all.skipped.of(own), all.batches.of(own, batch_buckets)});
  }
  return std::make_shared<counted_consumer>(std::move(series), all.lag, std::move(labels));
}

void metrics::endpoint_breaker(const std::string& origin, std::optional<int> state) {
  const std::lock_guard lock(registry_->breakers_mutex);
  if (!state) {
    registry_->breaker_series.erase(origin);
    return;
  }
  auto& series = registry_->breaker_series[origin];
  if (!series) series = registry_->breakers.of({{"endpoint", origin}});
  series->Set(*state);
}

void metrics::replica(const std::string& name) {
  registry_->replica.Add({{"replica", name}}).Set(1);
}

void metrics::cluster(const cluster_counts& counts) {
  auto& replicas = registry_->replicas;
  replicas.Add({{"state", "ACTIVE"}}).Set(static_cast<double>(counts.active));
  replicas.Add({{"state", "DRAINING"}}).Set(static_cast<double>(counts.draining));
  replicas.Add({{"state", "LOST"}}).Set(static_cast<double>(counts.lost));
  registry_->leases.Add({}).Set(static_cast<double>(counts.leases));
  registry_->unassigned.Add({}).Set(static_cast<double>(counts.unassigned));
  registry_->moves.Add({}).Increment(static_cast<double>(counts.moves));
}

void metrics::http_answered(std::string_view method, std::string_view route, int status,
                            std::chrono::duration<double> took) {
  const auto series = registry_->of_requests(method, route, status);
  series.seconds->Observe(took.count());
  series.count->Increment();
}

std::string metrics::exposition() const {
  return exposition_of(registry_->all.Collect());
}

}  // namespace kfs
