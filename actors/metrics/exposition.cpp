#include "actors/metrics/exposition.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <limits>
#include <string_view>

namespace kfs {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

void append_number(std::string& text, double value) {
  if (std::isnan(value)) {
    text += "Nan";
  } else if (std::isinf(value)) {
    text += value > 0 ? "+Inf" : "-Inf";
  } else {
    fmt::format_to(std::back_inserter(text), "{:.16g}", value);
  }
}

void append_escaped(std::string& text, std::string_view value) {
  for (const char c : value) {
    if (c == '\n') {
      text += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') text += '\\';
    text += c;
  }
}

/// `name="value",…` without braces.
std::string labels_of(const ClientMetric& metric) {
  std::string text;
  for (const auto& label : metric.label) {
    if (!text.empty()) text += ',';
    text += label.name;
    text += "=\"";
    append_escaped(text, label.value);
    text += '"';
  }
  return text;
}

void append_name(std::string& text, std::string_view name, std::string_view suffix, std::string_view labels) {
  text += name;
  text += suffix;
  if (!labels.empty()) {
    text += '{';
    text += labels;
    text += '}';
  }
  text += ' ';
}

void append_value(std::string& text, std::string_view name, std::string_view labels, double value) {
  append_name(text, name, "", labels);
  append_number(text, value);
  text += '\n';
}

void append_bucket(std::string& text, std::string_view name, std::string_view labels,
                   const ClientMetric::Bucket& bucket) {
  text += name;
  text += "_bucket{";
  text += labels;
  text += labels.empty() ? "le=\"" : ",le=\"";
  append_number(text, bucket.upper_bound);
  fmt::format_to(std::back_inserter(text), "\"}} {}\n", bucket.cumulative_count);
}

void append_histogram(std::string& text, std::string_view name, std::string_view labels,
                      const ClientMetric::Histogram& histogram) {
  append_name(text, name, "_count", labels);
  fmt::format_to(std::back_inserter(text), "{}\n", histogram.sample_count);
  append_name(text, name, "_sum", labels);
  append_number(text, histogram.sample_sum);
  text += '\n';
  for (const auto& bucket : histogram.bucket) append_bucket(text, name, labels, bucket);
  constexpr auto infinity = std::numeric_limits<double>::infinity();
  if (histogram.bucket.empty() || !std::isinf(histogram.bucket.back().upper_bound))
    append_bucket(text, name, labels, {histogram.sample_count, infinity});
}

std::string_view name_of(MetricType type) {
  switch (type) {
    case MetricType::Counter:
      return "counter";
    case MetricType::Gauge:
      return "gauge";
    case MetricType::Histogram:
      return "histogram";
    default:
      return "";
  }
}

void append_family(std::string& text, const MetricFamily& family) {
  const auto type = name_of(family.type);
  if (type.empty()) return;
  if (!family.help.empty()) text += "# HELP " + family.name + ' ' + family.help + '\n';
  fmt::format_to(std::back_inserter(text), "# TYPE {} {}\n", family.name, type);
  for (const auto& metric : family.metric) {
    const auto labels = labels_of(metric);
    if (family.type == MetricType::Counter) append_value(text, family.name, labels, metric.counter.value);
    if (family.type == MetricType::Gauge) append_value(text, family.name, labels, metric.gauge.value);
    if (family.type == MetricType::Histogram) append_histogram(text, family.name, labels, metric.histogram);
  }
}

}  // namespace

std::string exposition_of(const std::vector<MetricFamily>& families) {
  std::string text;
  for (const auto& family : families) append_family(text, family);
  return text;
}

}  // namespace kfs
