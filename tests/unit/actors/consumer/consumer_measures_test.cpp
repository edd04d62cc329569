// What a consumer counts and shows in the metrics, for a batch and not for a record.
#include "tests/unit/actors/consumer/consumer_fixture.hpp"
#include "tests/unit/actors/processor/metric_value.hpp"

namespace kfs::consumer_measures_test {

using namespace std::chrono_literals;
using test::offsets;
using test::records;

namespace {

struct measured_consumer : test::consumer_fixture {
  std::string series(const std::string& name) const { return test::metric_value(measured, "kafka_fetcher_" + name); }

  /// The value of the series of rebalances with that label.
  std::string rebalances(const std::string& change) const {
    const auto text = measured.exposition();
    const auto at = text.find("\nkafka_fetcher_consumer_rebalances_total{change=\"" + change + "\"");
    if (at == std::string::npos) return "none";
    const auto from = text.find("} ", at) + 2;
    return text.substr(from, text.find('\n', from) - from);
  }

  void bring(const batch_ptr& batch) {
    client().bring(batch);
    wake();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(consumer_measures, measured_consumer)

BOOST_AUTO_TEST_CASE(batches_are_counted_by_their_number_of_records) {
  with_file();
  begin();
  assign({0});
  bring(records(0, 0, 3));
  bring(records(0, 3, 10));
  BOOST_TEST(series("consumer_messages_total") == "10");
  BOOST_TEST(series("consumer_batch_records_count") == "2");
  BOOST_TEST(series("consumer_batch_records_sum") == "10");
}

BOOST_AUTO_TEST_CASE(what_no_processor_has_acknowledged_is_in_flight) {
  with_file();
  begin();
  assign({0});
  BOOST_TEST(series("consumer_in_flight_records") == "0");
  spoil_file();
  bring(records(0, 0, 3));
  bring(records(0, 3, 8));
  BOOST_TEST(series("consumer_in_flight_batches") == "2");
  BOOST_TEST(series("consumer_in_flight_records") == "8");
}

BOOST_AUTO_TEST_CASE(what_is_acknowledged_is_not_in_flight_any_more) {
  with_file();
  begin();
  assign({0});
  bring(records(0, 0, 3));
  BOOST_TEST(series("consumer_in_flight_batches") == "0");
  BOOST_TEST(series("consumer_in_flight_records") == "0");
}

BOOST_AUTO_TEST_CASE(each_change_of_the_assignment_is_counted_once) {
  begin();
  BOOST_TEST(rebalances("assigned") == "0");
  assign({0, 1, 2});
  assign({});
  BOOST_TEST(rebalances("assigned") == "1");
  client().bring(partitions_revoked{{1}, false});
  wake();
  client().bring(partitions_revoked{{2}, true});
  wake();
  BOOST_TEST(rebalances("revoked") == "1");
  BOOST_TEST(rebalances("lost") == "1");
}

BOOST_AUTO_TEST_CASE(commits_are_measured_and_failed_ones_counted) {
  begin();
  assign({0});
  client().bring(commit_finished{.offsets = {{0, offset{2}}}, .failed = {}, .took = 20ms});
  wake();
  client().bring(commit_finished{{{0, offset{2}}}, error{ec::kafka_failure, "no coordinator"}});
  wake();
  BOOST_TEST(series("consumer_commit_seconds_count") == "1");
  BOOST_TEST(series("consumer_commit_seconds_sum") == "0.02");
  BOOST_TEST(series("consumer_commit_errors_total") == "1");
}

BOOST_AUTO_TEST_CASE(the_figures_of_the_client_are_shown_until_the_consumer_ends) {
  begin();
  auto sample = test::connected;
  sample.figures = {.connections = 3, .throttle = 500ms, .timeouts = 2, .disconnects = 1};
  client().bring(sample);
  wake();
  BOOST_TEST(series("client_connections") == "3");
  BOOST_TEST(series("client_throttle_seconds") == "0.5");
  BOOST_TEST(series("client_request_timeouts_total") == "2");
  drain();
  for (int tick = 0; tick < 20 && !ended; ++tick) advance(20ms);
  BOOST_TEST(ended);
  BOOST_TEST(series("client_connections") == "none");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::consumer_measures_test
