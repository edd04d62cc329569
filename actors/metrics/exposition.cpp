#include "actors/metrics/exposition.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <limits>

namespace kfs {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;

constexpr double infinity = std::numeric_limits<double>::infinity();

void append_number(std::string& text, double value) {
  constexpr double exact = 1e15;  // below it, whole numbers have the same digits as integers
  if (std::isnan(value)) {
    text += "NaN";
  } else if (std::isinf(value)) {
    text += value > 0 ? "+Inf" : "-Inf";
  } else if (std::abs(value) < exact && value == std::trunc(value) && !std::signbit(value)) {
    const fmt::format_int digits(static_cast<std::uint64_t>(value));
    text.append(digits.data(), digits.size());
  } else {
    fmt::format_to(std::back_inserter(text), "{:.16g}", value);
  }
}

void append_count(std::string& text, std::uint64_t count) {
  const fmt::format_int digits(count);
  text.append(digits.data(), digits.size());
}

void append_escaped(std::string& text, std::string_view value, bool quotes) {
  for (const char c : value) {
    if (c == '\n') {
      text += "\\n";
      continue;
    }
    if (c == '\\' || (quotes && c == '"')) text += '\\';
    text += c;
  }
}

}  // namespace

std::string_view name_of(MetricType type) {
  switch (type) {
    case MetricType::Counter:
      return "counter";
    case MetricType::Histogram:
      return "histogram";
    default:
      return "gauge";
  }
}

std::string_view content_type_of(exposition_format format) noexcept {
  return format == exposition_format::open_metrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                                   : "text/plain; version=0.0.4; charset=utf-8";
}

std::string label_text(const std::vector<std::pair<std::string_view, std::string_view>>& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    if (!text.empty()) text += ',';
    text += name;
    text += "=\"";
    append_escaped(text, value, true);
    text += '"';
  }
  return text;
}

exposition_writer::exposition_writer(exposition_format format, std::size_t expected_bytes) : format_(format) {
  text_.reserve(expected_bytes);
}

void exposition_writer::family(std::string_view name, std::string_view help, MetricType type) {
  name_ = name;
  auto shown = name;
  if (format_ == exposition_format::open_metrics && type == MetricType::Counter)
    shown.remove_suffix(std::string_view("_total").size());
  text_ += "# HELP ";
  text_ += shown;
  text_ += ' ';
  append_escaped(text_, help, format_ == exposition_format::open_metrics);
  text_ += "\n# TYPE ";
  text_ += shown;
  text_ += ' ';
  text_ += name_of(type);
  text_ += '\n';
}

void exposition_writer::begin_sample(std::string_view suffix, std::string_view labels) {
  text_ += name_;
  text_ += suffix;
  if (!labels.empty()) {
    text_ += '{';
    text_ += labels;
    text_ += '}';
  }
  text_ += ' ';
}

void exposition_writer::value(std::string_view labels, double value) {
  begin_sample("", labels);
  append_number(text_, value);
  text_ += '\n';
}

void exposition_writer::histogram(std::string_view labels, const ClientMetric::Histogram& measured) {
  begin_sample("_count", labels);
  append_count(text_, measured.sample_count);
  text_ += '\n';
  begin_sample("_sum", labels);
  append_number(text_, measured.sample_sum);
  text_ += '\n';
  std::size_t index = 0;
  for (const auto& [count, bound] : measured.bucket) bucket(index++, labels, bound, count);
  if (measured.bucket.empty() || !std::isinf(measured.bucket.back().upper_bound))
    bucket(index, labels, infinity, measured.sample_count);
}

void exposition_writer::bucket(std::size_t index, std::string_view labels, double bound, std::uint64_t count) {
  text_ += name_;
  text_ += "_bucket{";
  text_ += labels;
  text_ += labels.empty() ? "le=\"" : ",le=\"";
  text_ += bound_text(index, bound);
  text_ += "\"} ";
  append_count(text_, count);
  text_ += '\n';
}

/// The histograms of a family have the same bounds, so the text of a bound is made once.
std::string_view exposition_writer::bound_text(std::size_t index, double bound) {
  if (index >= bounds_.size()) bounds_.resize(index + 1, {std::numeric_limits<double>::quiet_NaN(), {}});
  auto& [known, shown] = bounds_[index];
  if (known == bound) return shown;
  known = bound;
  shown.clear();
  append_number(shown, bound);
  const bool is_whole = shown.find_first_not_of("0123456789") == std::string::npos;
  if (format_ == exposition_format::open_metrics && is_whole) shown += ".0";
  return shown;
}

std::string exposition_writer::finish() {
  if (format_ == exposition_format::open_metrics) text_ += "# EOF\n";
  return std::exchange(text_, {});
}

}  // namespace kfs
