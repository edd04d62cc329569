#include "actors/consumer/core/kafka_health.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::kafka_health_test {

using namespace std::chrono_literals;

namespace {

const kfs::kafka_health::clock::time_point start{1h};
const kafka_sample connected{.broker_up = true, .since_answer = 20ms, .ever_answered = true, .joined = true};
const kafka_sample disconnected{};

kafka_health fresh() {
  return {"127.0.0.10:9092", start};
}

kafka_fault fault(ec code, bool fatal = false) {
  return {{code, "as reported"}, fatal};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kafka_health)

BOOST_AUTO_TEST_CASE(nothing_is_known_at_first) {
  const auto health = fresh();
  BOOST_TEST(!health.fault(start + 10s).has_value());
  BOOST_TEST(!health.healthy(start + 10s));
}

BOOST_AUTO_TEST_CASE(a_broker_that_refuses_connections_is_unreachable_after_ten_seconds) {
  auto health = fresh();
  health.reported(fault(ec::broker_unreachable));
  BOOST_TEST(!health.fault(start + 10s).has_value());
  const auto wrong = health.fault(start + 11s);
  BOOST_REQUIRE(wrong.has_value());
  BOOST_TEST((wrong->code == ec::broker_unreachable));
  BOOST_TEST(wrong->message.find("127.0.0.10:9092") != std::string::npos);
  BOOST_TEST(wrong->message.find("as reported") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_broker_that_says_nothing_is_silent) {
  auto health = fresh();
  health.sampled(connected, start + 1s);
  for (int second = 2; second < 13; ++second)
    health.sampled(
        {.broker_up = true, .since_answer = std::chrono::seconds(second - 1), .ever_answered = true, .joined = true},
        start + std::chrono::seconds(second));
  BOOST_TEST(health.healthy(start + 11s));
  const auto wrong = health.fault(start + 12s);
  BOOST_REQUIRE(wrong.has_value());
  BOOST_TEST((wrong->code == ec::broker_silent));
}

BOOST_AUTO_TEST_CASE(a_broker_that_went_away_is_noticed_and_forgiven_when_it_answers) {
  auto health = fresh();
  health.sampled(connected, start + 1s);
  BOOST_TEST(health.healthy(start + 1s));
  health.sampled(disconnected, start + 13s);
  BOOST_TEST(health.fault(start + 13s).has_value());
  health.sampled(connected, start + 20s);
  BOOST_TEST(health.healthy(start + 20s));
}

BOOST_AUTO_TEST_CASE(an_old_connection_fault_is_not_blamed_for_a_new_silence) {
  auto health = fresh();
  health.reported(fault(ec::broker_unreachable));
  health.sampled(connected, start + 1s);
  BOOST_TEST((health.fault(start + 20s)->code == ec::broker_silent));
}

BOOST_AUTO_TEST_CASE(a_group_that_cannot_be_joined_is_a_fault_after_half_a_minute) {
  auto health = fresh();
  auto sample = connected;
  sample.joined = false;
  for (int second = 1; second <= 30; ++second) health.sampled(sample, start + std::chrono::seconds(second));
  BOOST_TEST(!health.healthy(start + 29s));
  BOOST_TEST(!health.fault(start + 29s).has_value());
  BOOST_TEST((health.fault(start + 30s)->code == ec::group_unavailable));
}

BOOST_AUTO_TEST_CASE(a_broker_that_advertises_an_address_which_cannot_be_reached_is_unreachable) {
  auto health = fresh();
  auto sample = connected;
  sample.joined = false;
  health.reported(fault(ec::broker_unreachable));
  for (int second = 1; second <= 12; ++second) health.sampled(sample, start + std::chrono::seconds(second));
  const auto wrong = health.fault(start + 12s);
  BOOST_REQUIRE(wrong.has_value());
  BOOST_TEST((wrong->code == ec::broker_unreachable));
  BOOST_TEST(wrong->message.find("as reported") != std::string::npos);
  health.sampled(connected, start + 13s);
  BOOST_TEST(health.healthy(start + 13s));
}

BOOST_AUTO_TEST_CASE(refused_credentials_are_said_at_once_and_taken_back_when_the_group_works) {
  auto health = fresh();
  health.reported(fault(ec::authentication_failed));
  BOOST_TEST((health.fault(start)->code == ec::authentication_failed));
  health.sampled(connected, start + 5s);
  BOOST_TEST(health.healthy(start + 5s));
}

BOOST_AUTO_TEST_CASE(a_missing_topic_is_taken_back_only_by_an_assignment) {
  auto health = fresh();
  health.reported(fault(ec::topic_missing));
  health.sampled(connected, start + 5s);
  BOOST_TEST((health.fault(start + 5s)->code == ec::topic_missing));
  health.assigned();
  BOOST_TEST(health.healthy(start + 5s));
}

BOOST_AUTO_TEST_CASE(a_fatal_fault_stays) {
  auto health = fresh();
  health.reported(fault(ec::member_fenced, true));
  health.assigned();
  BOOST_TEST(health.fatal());
  BOOST_TEST((health.fault(start)->code == ec::member_fenced));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::kafka_health_test
