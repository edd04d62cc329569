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

void is_the_text_of_the_library(const prometheus::Registry& registry) {
  const auto families = registry.Collect();
  BOOST_TEST(exposition_of(families) == prometheus::TextSerializer().Serialize(families));
}

}  // namespace

BOOST_AUTO_TEST_CASE(nothing_measured_is_no_text) {
  BOOST_TEST(exposition_of({}).empty());
}

BOOST_AUTO_TEST_CASE(numbers_are_written_as_the_library_writes_them) {
  prometheus::Registry registry;
  auto& gauges = prometheus::BuildGauge().Name("gauge").Help("Numbers of all sizes.").Register(registry);
  using limits = std::numeric_limits<double>;
  int number = 0;
  for (const double value : {0.0, -0.0, 1.0, -1.0, 0.1, 1.0 / 3, 1e6, 1e15, 1e16, 1e17, 123456789.125, 1e-5, 5e-324,
                             limits::max(), limits::infinity(), -limits::infinity(), limits::quiet_NaN()})
    gauges.Add({{"number", std::to_string(number++)}}).Set(value);
  is_the_text_of_the_library(registry);
}

BOOST_AUTO_TEST_CASE(labels_are_escaped_as_the_library_escapes_them) {
  prometheus::Registry registry;
  auto& counters = prometheus::BuildCounter().Name("counter").Help("Counted.").Register(registry);
  counters.Add({}).Increment();
  counters.Add({{"a", "\"quoted\""}, {"b", "back\\slash"}, {"c", "two\nlines"}, {"d", ""}, {"e", "größe"}})
      .Increment(2);
  prometheus::BuildCounter().Name("without_help_and_series").Register(registry);
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
  is_the_text_of_the_library(registry);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::exposition_test
