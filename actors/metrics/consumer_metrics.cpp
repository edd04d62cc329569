#include "actors/metrics/consumer_metrics.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "actors/metrics/declared_metrics.hpp"

namespace kfs {
namespace {

using prometheus::Labels;
using counter_series = counter_family::series;
using gauge_series = gauge_family::series;
using histogram_series = histogram_family::series;

Labels with(Labels labels, std::initializer_list<Labels::value_type> more) {
  labels.insert(more);
  return labels;
}

double seconds(std::chrono::duration<double> time) {
  return time.count();
}

class counted_client final : public client_metrics {
 public:
  counted_client(declared_metrics& declared, const Labels& of_consumer, int instance)
      : counted_client(declared, of_consumer, with(of_consumer, {{"consumer_instance", std::to_string(instance)}})) {}

  void in_flight(std::size_t batches, std::size_t records) override {
    batches_->Set(static_cast<double>(batches));
    records_->Set(static_cast<double>(records));
  }

  void queued(std::size_t count) override { queued_->Set(static_cast<double>(count)); }

  void sampled(const client_figures& figures) override {
    connections_->Set(figures.connections);
    throttle_->Set(seconds(figures.throttle));
    add(*timeouts_, counted_timeouts_, figures.timeouts);
    add(*disconnects_, counted_disconnects_, figures.disconnects);
  }

 private:
  counted_client(declared_metrics& declared, const Labels& of_consumer, const Labels& of_instance)
      : batches_(declared.in_flight_batches.of(of_instance)),
        records_(declared.in_flight_records.of(of_instance)),
        queued_(declared.client_queued.of(of_instance)),
        connections_(declared.client_connections.of(of_instance)),
        throttle_(declared.client_throttle.of(of_instance)),
        timeouts_(declared.client_timeouts.of(of_consumer)),
        disconnects_(declared.client_disconnects.of(of_consumer)) {}

  /// A client forgets what it counted for a broker when it forgets the broker.
  static void add(prometheus::Counter& to, std::int64_t& counted, std::int64_t present) {
    to.Increment(static_cast<double>(std::max<std::int64_t>(present - std::exchange(counted, present), 0)));
  }

  gauge_series batches_;
  gauge_series records_;
  gauge_series queued_;
  gauge_series connections_;
  gauge_series throttle_;
  counter_series timeouts_;
  counter_series disconnects_;
  std::int64_t counted_timeouts_ = 0;
  std::int64_t counted_disconnects_ = 0;
};

/// Holds the series of one processor.
class counted_processor {
 public:
  counted_processor(declared_metrics& declared, Labels labels)
      : messages(declared.written.of(labels)),
        write_seconds(declared.write_seconds.of(labels)),
        errors(declared.errors.of(labels)),
        retries(declared.retries.of(labels)),
        restarts(declared.processor_restarts.of(labels)),
        dead_letters(declared.dead_letters.of(labels)),
        skipped(declared.skipped.of(labels)),
        rejected_(declared.rejected),
        labels_(std::move(labels)) {
    (void)rejected(ec::record_rejected);
  }

  /// The series of that code, made with its first record. Codes are few.
  prometheus::Counter& rejected(ec code) {
    const std::lock_guard lock(mutex_);
    auto& series = by_code_[code];
    if (!series) series = rejected_.of(with(labels_, {{"code", std::string(to_string(code))}}));
    return *series;
  }

  const counter_series messages;
  const histogram_series write_seconds;
  const counter_series errors;
  const counter_series retries;
  const counter_series restarts;
  const counter_series dead_letters;
  const counter_series skipped;

 private:
  counter_family& rejected_;
  const Labels labels_;
  std::mutex mutex_;
  std::map<ec, counter_series> by_code_;
};

/// Holds the series of one consumer, so that counting needs no look-up by labels.
class counted_consumer final : public consumer_metrics {
 public:
  counted_consumer(declared_metrics& declared, const consumer_spec& spec)
      : declared_(declared),
        labels_{{"consumer_id", spec.id.value}, {"topic", spec.topic}, {"consumer_group", spec.consumer_group}},
        messages_(declared.messages.of(labels_)),
        bytes_(declared.bytes.of(labels_)),
        batch_records_(declared.batch_records.of(labels_)),
        restarts_(declared.restarts.of(labels_)),
        status_(declared.status.of(labels_)),
        commit_seconds_(declared.commit_seconds.of(labels_)),
        commit_errors_(declared.commit_errors.of(labels_)),
        timeouts_(declared.client_timeouts.of(labels_)),
        disconnects_(declared.client_disconnects.of(labels_)),
        rebalances_{changes("assigned"), changes("revoked"), changes("lost")} {
    paused(spec.orders.paused);
    for (const auto& processor : spec.processors)
      processors_.try_emplace(
          processor.id, declared,
          with(labels_, {{"processor_id", processor.id.value}, {"processor_type", processor.type}}));
  }

  void consumed(std::size_t records, std::size_t bytes) override {
    if (records == 0) return;
    messages_->Increment(static_cast<double>(records));
    bytes_->Increment(static_cast<double>(bytes));
    batch_records_->Observe(static_cast<double>(records));
  }

  void restarted() override { restarts_->Increment(); }
  void status(int value) override { status_->Set(value); }
  void paused(const paused_partitions& partitions) override {
    const std::lock_guard lock(mutex_);
    paused_.clear();
    if (partitions.all) pause("all");
    for (const auto partition : partitions.some) pause(std::to_string(partition));
  }

  void lag(partition_number partition, std::int64_t records) override {
    const std::lock_guard lock(mutex_);
    auto& series = lag_[partition];
    if (!series) series = declared_.lag.of(with(labels_, {{"partition", std::to_string(partition)}}));
    series->Set(static_cast<double>(records));
  }

  void forget_lag(partition_number partition) override {
    const std::lock_guard lock(mutex_);
    lag_.erase(partition);
  }

  void rebalanced(partition_change change) override { rebalances_.at(static_cast<std::size_t>(change))->Increment(); }
  void committed(std::chrono::duration<double> took) override { commit_seconds_->Observe(seconds(took)); }
  void commit_failed() override { commit_errors_->Increment(); }

  std::unique_ptr<client_metrics> of_client(int instance) override {
    return std::make_unique<counted_client>(declared_, labels_, instance);
  }

  void written(const processor_id& processor, std::size_t records, std::chrono::duration<double> took) override {
    const auto& series = processors_.at(processor);
    series.messages->Increment(static_cast<double>(records));
    series.write_seconds->Observe(seconds(took));
  }

  void failed(const processor_id& processor) override { processors_.at(processor).errors->Increment(); }
  void retried(const processor_id& processor) override { processors_.at(processor).retries->Increment(); }
  void processor_restarted(const processor_id& processor) override { processors_.at(processor).restarts->Increment(); }

  void rejected(const processor_id& processor, ec code, std::size_t records) override {
    processors_.at(processor).rejected(code).Increment(static_cast<double>(records));
  }

  void dead_lettered(const processor_id& processor, std::size_t records) override {
    processors_.at(processor).dead_letters->Increment(static_cast<double>(records));
  }

  void skipped(const processor_id& processor, std::size_t records) override {
    processors_.at(processor).skipped->Increment(static_cast<double>(records));
  }

 private:
  /// `which` is a partition, or "all".
  void pause(const std::string& which) {
    paused_.push_back(declared_.paused.of(with(labels_, {{"partition", which}})));
    paused_.back()->Set(1);
  }

  [[nodiscard]] counter_series changes(const std::string& name) const {
    return declared_.rebalances.of(with(labels_, {{"change", name}}));
  }

  declared_metrics& declared_;
  const Labels labels_;
  const counter_series messages_;
  const counter_series bytes_;
  const histogram_series batch_records_;
  const counter_series restarts_;
  const gauge_series status_;
  std::vector<gauge_series> paused_;
  const histogram_series commit_seconds_;
  const counter_series commit_errors_;
  // Kept here, so that they outlive the clients that count.
  const counter_series timeouts_;
  const counter_series disconnects_;
  const std::array<counter_series, partition_changes> rebalances_;
  std::map<processor_id, counted_processor> processors_;
  std::mutex mutex_;
  std::map<partition_number, gauge_series> lag_;
};

}  // namespace

std::shared_ptr<consumer_metrics> make_consumer_metrics(declared_metrics& declared, const consumer_spec& spec) {
  return std::make_shared<counted_consumer>(declared, spec);
}

}  // namespace kfs
