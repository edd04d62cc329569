#include "actors/processor/attempts.hpp"

#include "tests/unit/actors/processor/parts_fixture.hpp"

namespace kfs::processor_attempts_test {

using namespace std::chrono_literals;

namespace {

const error full{ec::sink_unavailable, "the disk is full"};
const error rejected{ec::record_rejected, "the record is rejected"};

struct fixture : test::parts_fixture {
  std::vector<processor_report> reports;
  kfs::processor_attempts::clock::time_point at{1h};

  /// Counts attempts in the environment as it is now.
  kfs::processor_attempts attempts() {
    return {environment, [this](processor_report report) { reports.push_back(std::move(report)); }};
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(processor_attempts, fixture)

BOOST_AUTO_TEST_CASE(a_failure_is_counted_and_reported_with_the_time_of_the_next_attempt) {
  environment.incarnation = 7;
  const auto wait = attempts().failed(full, at);
  BOOST_REQUIRE(reports.size() == 1u);
  const auto& report = reports.front();
  BOOST_TEST(report.id.value == "p");
  BOOST_TEST(report.type == "scripted");
  BOOST_TEST(report.incarnation == 7u);
  BOOST_TEST((report.fault->code == ec::sink_unavailable));
  BOOST_TEST(report.fault->message == "the disk is full");
  BOOST_TEST(to_string(report.fault->source) == "processor:p");
  BOOST_TEST(report.fault->attempts == 1);
  BOOST_TEST(!report.fault->until_started);
  BOOST_TEST(report.recovery->attempt == 2);
  BOOST_TEST((report.recovery->next_attempt_at == report.fault->at + wait));
  BOOST_TEST((wait >= environment.recovery.initial_backoff));
  BOOST_TEST(series("kafka_fetcher_processor_errors_total") == "1");
}

BOOST_AUTO_TEST_CASE(attempts_never_end_whatever_the_options_say) {
  environment.recovery.enabled = false;
  environment.recovery.max_attempts = 1;
  auto counted = attempts();
  for (int attempt = 1; attempt <= 10; ++attempt) {
    BOOST_TEST((counted.failed(full, at) > 0ms));
    BOOST_TEST(reports.back().fault->attempts == attempt);
  }
}

BOOST_AUTO_TEST_CASE(a_destination_that_asks_for_a_longer_pause_gets_it) {
  BOOST_TEST((attempts().failed({ec::sink_unavailable, "slow down", 10min}, at) == 10min));
}

BOOST_AUTO_TEST_CASE(the_first_success_after_failures_clears_the_fault_and_the_count) {
  auto counted = attempts();
  counted.failed(full, at);
  counted.failed(full, at);
  counted.succeeded(at);
  BOOST_REQUIRE(reports.size() == 3u);
  BOOST_TEST(!reports.back().fault.has_value());
  BOOST_TEST(!reports.back().recovery.has_value());
  counted.failed(full, at);
  BOOST_TEST(reports.back().fault->attempts == 1);
}

BOOST_AUTO_TEST_CASE(a_success_without_an_earlier_failure_is_not_reported) {
  attempts().succeeded(at);
  BOOST_TEST(reports.empty());
}

BOOST_AUTO_TEST_CASE(a_processor_that_stops_reports_no_next_attempt) {
  attempts().stopped(rejected);
  BOOST_REQUIRE(reports.size() == 1u);
  BOOST_TEST((reports.front().fault->code == ec::record_rejected));
  BOOST_TEST(reports.front().fault->attempts == 1);
  BOOST_TEST(reports.front().fault->until_started);
  BOOST_TEST(!reports.front().recovery.has_value());
  BOOST_TEST(series("kafka_fetcher_processor_errors_total") == "1");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::processor_attempts_test
