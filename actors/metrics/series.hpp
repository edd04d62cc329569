#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/labels.h>

#include <algorithm>
#include <cassert>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/metrics/exposition.hpp"

namespace kfs {

/// What is declared of a metric, once.
struct metric_declaration {
  std::string name;  ///< with its unit; that of a counter ends in `_total`
  std::string help;
  std::vector<std::string> labels = {};  ///< sorted; every series has these and no others
};

/// A declared metric with all its series.
///
/// Threading: safe from any thread.
class declared_metric {
 public:
  declared_metric(metric_declaration declared, prometheus::MetricType type)
      : declared_(std::move(declared)), type_(type) {
    assert(std::is_sorted(declared_.labels.begin(), declared_.labels.end()));
  }
  virtual ~declared_metric() = default;
  declared_metric(const declared_metric&) = delete;
  declared_metric& operator=(const declared_metric&) = delete;

  [[nodiscard]] const metric_declaration& declared() const noexcept { return declared_; }
  [[nodiscard]] prometheus::MetricType type() const noexcept { return type_; }

  /// Writes the family and its series, sorted by their labels.
  void write(exposition_writer& to) const {
    to.family(declared_.name, declared_.help, type_);
    write_series(to);
  }

 private:
  virtual void write_series(exposition_writer& to) const = 0;

  const metric_declaration declared_;
  const prometheus::MetricType type_;
};

inline void write_sample(exposition_writer& to, const std::string& labels, const prometheus::Counter& counter) {
  to.value(labels, counter.Value());
}
inline void write_sample(exposition_writer& to, const std::string& labels, const prometheus::Gauge& gauge) {
  to.value(labels, gauge.Value());
}
inline void write_sample(exposition_writer& to, const std::string& labels, const prometheus::Histogram& histogram) {
  to.histogram(labels, histogram.Collect().histogram);
}

/// Metric is a class of prometheus-cpp: Counter, Gauge or Histogram. A series is removed when its last owner releases
/// it; owners of equal labels share a series. The text of its labels is made once, so that a scrape only copies it.
///
/// Ownership: the family outlives its series.
/// Threading: safe from any thread.
template <class Metric>
class metric_family final : public declared_metric {
 public:
  /// Shared ownership of one series.
  using series = std::shared_ptr<Metric>;

  /// `bounds`: of the buckets of a histogram.
  explicit metric_family(metric_declaration declared, prometheus::Histogram::BucketBoundaries bounds = {})
      : declared_metric(std::move(declared), Metric::metric_type), bounds_(std::move(bounds)) {}

  /// The series with these labels, made if needed. Their names are the declared ones.
  series of(const prometheus::Labels& labels) {
    auto text = text_of(labels);
    const std::lock_guard lock(mutex_);
    const auto at = entries_.try_emplace(std::move(text)).first;
    auto& entry = at->second;
    if (entry.owners++ == 0) entry.metric = make();
    return series(entry.metric.get(), [this, at](Metric*) { release(at); });
  }

 private:
  struct owned_metric {
    std::unique_ptr<Metric> metric;
    std::size_t owners = 0;
  };
  using entries = std::map<std::string, owned_metric>;

  [[nodiscard]] std::string text_of(const prometheus::Labels& labels) const {
    std::vector<std::pair<std::string_view, std::string_view>> values;
    for (const auto& name : declared().labels) values.emplace_back(name, labels.at(name));
    assert(values.size() == labels.size());
    return label_text(values);
  }

  [[nodiscard]] std::unique_ptr<Metric> make() const {
    if constexpr (std::is_same_v<Metric, prometheus::Histogram>)
      return std::make_unique<Metric>(bounds_);
    else
      return std::make_unique<Metric>();
  }

  void release(typename entries::iterator at) {
    const std::lock_guard lock(mutex_);
    if (--at->second.owners == 0) entries_.erase(at);
  }

  void write_series(exposition_writer& to) const override {
    const std::lock_guard lock(mutex_);
    for (const auto& [labels, entry] : entries_) write_sample(to, labels, *entry.metric);
  }

  const prometheus::Histogram::BucketBoundaries bounds_;
  mutable std::mutex mutex_;
  entries entries_;  ///< by the text of their labels
};

using counter_family = metric_family<prometheus::Counter>;
using gauge_family = metric_family<prometheus::Gauge>;
using histogram_family = metric_family<prometheus::Histogram>;

}  // namespace kfs
