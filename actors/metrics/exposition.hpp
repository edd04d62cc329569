#pragma once

#include <prometheus/client_metric.h>
#include <prometheus/metric_type.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/metrics/exposition_format.hpp"

namespace kfs {

/// The name of a type: "counter", "gauge" or "histogram".
std::string_view name_of(prometheus::MetricType type);

/// Labels as they stand in a sample: `name="value",…` without braces, sorted by name.
std::string label_text(const std::vector<std::pair<std::string_view, std::string_view>>& labels);

/// Writes families of metrics as text: each with family() first, followed by its samples.
///
/// The classic format is what prometheus-cpp's TextSerializer writes. OpenMetrics differs: the family of a counter is
/// named without `_total`, bounds of buckets are floating-point numbers, and `# EOF` stands at the end.
///
/// Threading: none.
class exposition_writer {
 public:
  /// `expected_bytes` is reserved.
  explicit exposition_writer(exposition_format format, std::size_t expected_bytes = 0);

  /// `name` is the name of the samples: that of a counter ends in `_total`.
  void family(std::string_view name, std::string_view help, prometheus::MetricType type);
  /// A sample of a counter or gauge.
  void value(std::string_view labels, double value);
  void histogram(std::string_view labels, const prometheus::ClientMetric::Histogram& measured);

  /// The whole text; the writer is empty afterwards.
  [[nodiscard]] std::string finish();

 private:
  void begin_sample(std::string_view suffix, std::string_view labels);
  void bucket(std::size_t index, std::string_view labels, double bound, std::uint64_t count);
  [[nodiscard]] std::string_view bound_text(std::size_t index, double bound);

  const exposition_format format_;
  std::string text_;
  std::string name_;                                    ///< of the present family
  std::vector<std::pair<double, std::string>> bounds_;  ///< of buckets, as they were last written, by index
};

}  // namespace kfs
