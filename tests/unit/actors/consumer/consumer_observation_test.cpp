// What a consumer tells of its health.
#include "tests/unit/actors/consumer/consumer_fixture.hpp"

namespace kfs::consumer_observation_test {

using namespace std::chrono_literals;
using test::connected;

BOOST_FIXTURE_TEST_SUITE(consumer_observation, test::consumer_fixture)

BOOST_AUTO_TEST_CASE(a_partition_from_which_nothing_comes_is_no_health_and_a_fault_after_ten_seconds) {
  begin();
  assign({0, 1});
  client().bring(partition_end{0, offset{0}});
  client().bring(connected);
  wake();
  BOOST_TEST(!seen->healthy);
  for (int second = 0; second < 13; ++second) {
    client().bring(connected);
    wake();
    advance(1s);
  }
  BOOST_REQUIRE(seen->fault.has_value());
  BOOST_TEST((seen->fault->code == ec::broker_silent));
  client().bring(partition_end{1, offset{0}});
  client().bring(connected);
  wake();
  client().bring(connected);
  wake();
  BOOST_TEST(seen->healthy);
}

BOOST_AUTO_TEST_CASE(a_partition_that_has_no_offset_to_start_at_stays_a_fault) {
  begin();
  assign({0});
  client().bring(kafka_fault{{ec::kafka_failure, "no previously committed offset"}, false, 0});
  for (int second = 0; second < 5; ++second) {
    client().bring(connected);
    wake();
    advance(1s);
  }
  BOOST_REQUIRE(seen->fault.has_value());
  BOOST_TEST(seen->fault->message == "no previously committed offset");
}

BOOST_AUTO_TEST_CASE(it_is_healthy_once_a_broker_answers_and_the_group_is_joined) {
  begin();
  advance(1s);
  BOOST_REQUIRE(seen);
  BOOST_TEST(!seen->healthy);
  client().bring(connected);
  wake();
  BOOST_TEST(seen->healthy);
}

BOOST_AUTO_TEST_CASE(a_silent_kafka_is_a_fault_after_ten_seconds_that_names_the_broker) {
  begin();
  for (int second = 0; second < 13; ++second) advance(1s);
  BOOST_REQUIRE(seen);
  BOOST_REQUIRE(seen->fault.has_value());
  BOOST_TEST(to_string(seen->fault->source) == "kafka");
  BOOST_TEST(seen->fault->message.find("127.0.0.10:9092") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::consumer_observation_test
