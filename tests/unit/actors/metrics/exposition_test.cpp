#include "actors/metrics/exposition.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <boost/test/unit_test.hpp>
#include <limits>

namespace kfs::exposition_test {

BOOST_AUTO_TEST_SUITE(exposition)

namespace {

std::string written(const std::vector<prometheus::MetricFamily>& families, exposition_format format) {
  exposition_writer text(format);
  for (const auto& family : families) {
    text.family(family.name, family.help, family.type);
    for (const auto& metric : family.metric) {
      std::vector<std::pair<std::string_view, std::string_view>> labels;
      for (const auto& label : metric.label) labels.emplace_back(label.name, label.value);
      const auto shown = label_text(labels);
      if (family.type == prometheus::MetricType::Counter) text.value(shown, metric.counter.value);
      if (family.type == prometheus::MetricType::Gauge) text.value(shown, metric.gauge.value);
      if (family.type == prometheus::MetricType::Histogram) text.histogram(shown, metric.histogram);
    }
  }
  return text.finish();
}

void is_the_text_of_the_library(const prometheus::Registry& registry) {
  const auto families = registry.Collect();
  BOOST_TEST(written(families, exposition_format::classic) == prometheus::TextSerializer().Serialize(families));
}

std::string in_open_metrics(const prometheus::Registry& registry) {
  return written(registry.Collect(), exposition_format::open_metrics);
}

}  // namespace

BOOST_AUTO_TEST_CASE(nothing_measured_is_no_text_and_in_open_metrics_only_its_end) {
  BOOST_TEST(written({}, exposition_format::classic).empty());
  BOOST_TEST(written({}, exposition_format::open_metrics) == "# EOF\n");
}

BOOST_AUTO_TEST_CASE(numbers_are_written_as_the_library_writes_them) {
  prometheus::Registry registry;
  auto& gauges = prometheus::BuildGauge().Name("gauge").Help("Numbers of all sizes.").Register(registry);
  using limits = std::numeric_limits<double>;
  int number = 0;
  for (const double value : {0.0, -0.0, 1.0, -1.0, 0.1, 1.0 / 3, 1e6, 999999999999999.0, 1e15, 1e16, 1e17,
                             123456789.125, 1e-5, 5e-324, limits::max(), limits::infinity(), -limits::infinity()})
    gauges.Add({{"number", std::to_string(number++)}}).Set(value);
  is_the_text_of_the_library(registry);
}

BOOST_AUTO_TEST_CASE(no_number_is_written_as_open_metrics_spells_it) {
  prometheus::Registry registry;
  prometheus::BuildGauge().Name("gauge").Help("None.").Register(registry).Add({}).Set(
      std::numeric_limits<double>::quiet_NaN());
  BOOST_TEST(in_open_metrics(registry) == "# HELP gauge None.\n# TYPE gauge gauge\ngauge NaN\n# EOF\n");
}

BOOST_AUTO_TEST_CASE(labels_are_escaped_as_the_library_escapes_them) {
  prometheus::Registry registry;
  auto& counters = prometheus::BuildCounter().Name("counter_total").Help("Counted.").Register(registry);
  counters.Add({}).Increment();
  counters.Add({{"a", "\"quoted\""}, {"b", "back\\slash"}, {"c", "two\nlines"}, {"d", ""}, {"e", "größe"}})
      .Increment(2);
  is_the_text_of_the_library(registry);
}

BOOST_AUTO_TEST_CASE(histograms_have_their_buckets_as_the_library_writes_them) {
  prometheus::Registry registry;
  auto& family = prometheus::BuildHistogram().Name("seconds").Help("Seconds.").Register(registry);
  const prometheus::Histogram::BucketBoundaries bounds{0.0005, 0.25, 1, 30};
  auto& plain = family.Add({}, bounds);
  auto& labelled = family.Add({{"processor_type", "file_sink"}}, bounds);
  for (const double seconds : {0.0001, 0.2, 0.3, 29.5, 31.0}) {
    plain.Observe(seconds);
    labelled.Observe(seconds * 2);
  }
  auto& others = prometheus::BuildHistogram().Name("records").Help("With other bounds.").Register(registry);
  others.Add({}, prometheus::Histogram::BucketBoundaries{0.25, 2}).Observe(2);
  is_the_text_of_the_library(registry);
}

BOOST_AUTO_TEST_CASE(open_metrics_names_the_family_of_a_counter_without_total) {
  prometheus::Registry registry;
  prometheus::BuildCounter().Name("records_total").Help("\"All\".").Register(registry).Add({{"a", "b"}}).Increment(3);
  BOOST_TEST(in_open_metrics(registry) ==
             "# HELP records \\\"All\\\".\n# TYPE records counter\nrecords_total{a=\"b\"} 3\n# EOF\n");
}

BOOST_AUTO_TEST_CASE(open_metrics_writes_the_bounds_of_buckets_as_floating_point_numbers) {
  prometheus::Registry registry;
  prometheus::BuildHistogram()
      .Name("seconds")
      .Help("Seconds.")
      .Register(registry)
      .Add({}, prometheus::Histogram::BucketBoundaries{0.5, 30})
      .Observe(1);
  BOOST_TEST(in_open_metrics(registry) ==
             "# HELP seconds Seconds.\n# TYPE seconds histogram\nseconds_count 1\nseconds_sum 1\n"
             "seconds_bucket{le=\"0.5\"} 0\nseconds_bucket{le=\"30.0\"} 1\nseconds_bucket{le=\"+Inf\"} 1\n# EOF\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::exposition_test
