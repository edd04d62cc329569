// Which fault of a consumer counts, and since when it is known.
#include <boost/test/unit_test.hpp>

#include "actors/consumer/core/lasting_fault.hpp"
#include "actors/consumer/core/observing.hpp"

namespace kfs::consumer_parts_observed_test {

using namespace std::chrono_literals;

namespace {

fault_report fault(ec code, bool until_started = false) {
  return {.code = code,
          .message = "m",
          .source = fault_source::of_kafka(),
          .at = timestamp(1h),
          .attempts = 1,
          .until_started = until_started};
}

processor_standing failing(const fault_report& with) {
  processor_standing standing;
  standing.report.fault = with;
  standing.report.recovery = recovery_report{.attempt = 2, .next_attempt_at = timestamp(2h)};
  return standing;
}

observed_parts parts(std::vector<processor_standing> processors, std::optional<fault_report> kafka) {
  return {.member = {},
          .partitions = {},
          .processors = std::move(processors),
          .kafka_fault = std::move(kafka),
          .kafka_healthy = true};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(consumer_parts_observed)

BOOST_AUTO_TEST_CASE(without_a_fault_kafka_decides_about_health) {
  auto seen = parts({{}}, {});
  BOOST_TEST(observed(seen).healthy);
  seen.kafka_healthy = false;
  BOOST_TEST(!observed(seen).healthy);
}

BOOST_AUTO_TEST_CASE(a_stopped_processor_counts_before_kafka_and_kafka_before_one_that_tries_again) {
  const auto again = failing(fault(ec::sink_unavailable));
  const auto stopped = failing(fault(ec::record_rejected, true));
  const auto silent = fault(ec::broker_silent);
  BOOST_TEST((observed(parts({again, stopped}, silent)).fault->code == ec::record_rejected));
  BOOST_TEST((observed(parts({again}, silent)).fault->code == ec::broker_silent));
  const auto seen = observed(parts({again}, {}));
  BOOST_TEST((seen.fault->code == ec::sink_unavailable));
  BOOST_TEST(seen.recovery.has_value());
  BOOST_TEST(!seen.healthy);
}

BOOST_AUTO_TEST_CASE(a_fault_keeps_its_time_while_its_code_stays_the_same) {
  lasting_fault known;
  known.observed(fault(ec::broker_silent));
  BOOST_TEST((known.began(ec::broker_silent, timestamp(5h)) == timestamp(1h)));
  BOOST_TEST((known.began(ec::broker_unreachable, timestamp(5h)) == timestamp(5h)));
  known.observed(std::nullopt);
  BOOST_TEST((known.began(ec::broker_silent, timestamp(5h)) == timestamp(5h)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::consumer_parts_observed_test
