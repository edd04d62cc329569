// How a consumer ends.
#include "tests/unit/actors/consumer/consumer_fixture.hpp"

namespace kfs::consumer_ending_test {

using namespace std::chrono_literals;
using test::offsets;
using test::records;

namespace {

struct ending_fixture : test::consumer_fixture {
  /// Five records are in hand of a processor that cannot write them when the drain begins.
  void drain_while_the_file_fails() {
    with_file();
    begin();
    assign({0});
    spoil_file();
    client().bring(records(0, 0, 5));
    wake();
    drain();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(consumer_ending, ending_fixture)

BOOST_AUTO_TEST_CASE(a_consumer_that_stops_accepts_nothing_new) {
  begin();
  client().may_leave = false;
  client().locates = false;
  assign({0});
  drain();
  answer_locate(client().located.at(0).round, 5);
  client().locates = true;
  assign({1});
  advance(1s);
  BOOST_TEST(client().accepted.empty());
  BOOST_TEST(client().located.size() == 1u);
  BOOST_TEST(!drained);
}

BOOST_AUTO_TEST_CASE(a_drain_commits_leaves_the_group_closes_and_ends) {
  begin();
  assign({0});
  client().bring(records(0, 0, 5));
  wake();
  drain();
  for (int tick = 0; tick < 20 && !ended; ++tick) advance(20ms);
  BOOST_TEST(drained);
  BOOST_TEST(ended);
  BOOST_TEST(!ended_by.has_value());
  BOOST_TEST((client().committed.at(0) == offsets{{0, offset{5}}}));
  BOOST_TEST(client().left);
  BOOST_TEST(client().destroyed);
}

BOOST_AUTO_TEST_CASE(who_hands_on_commits_and_stays_in_the_group) {
  begin();
  assign({0});
  client().bring(records(0, 0, 5));
  wake();
  drain(departure::hand_on);
  for (int tick = 0; tick < 20 && !ended; ++tick) advance(20ms);
  BOOST_TEST(drained);
  BOOST_TEST((client().committed.at(0) == offsets{{0, offset{5}}}));
  BOOST_TEST(!client().left);
  BOOST_TEST(client().destroyed);
}

BOOST_AUTO_TEST_CASE(a_drain_waits_until_the_group_is_joined_so_that_it_can_be_left) {
  begin();
  client().may_leave = false;
  drain();
  advance(1s);
  BOOST_TEST(!client().left);
  client().may_leave = true;
  for (int tick = 0; tick < 20 && !ended; ++tick) advance(20ms);
  BOOST_TEST(client().left);
  BOOST_TEST(drained);
}

BOOST_AUTO_TEST_CASE(a_client_that_is_still_joining_when_time_is_up_is_seen_off_without_leaving) {
  begin();
  client().may_leave = false;
  drain();
  for (int second = 0; second < 6; ++second) advance(1s);
  BOOST_TEST(drained);
  BOOST_TEST(!client().left);
  BOOST_TEST(client().destroyed);
}

BOOST_AUTO_TEST_CASE(a_drain_waits_a_second_for_a_sink_that_fails_already) {
  drain_while_the_file_fails();
  for (int tick = 0; tick < 45; ++tick) advance(20ms);
  BOOST_TEST(!drained);
  for (int tick = 0; tick < 10; ++tick) advance(20ms);
  BOOST_TEST(drained);
  BOOST_TEST(client().left);
  BOOST_TEST(client().committed.empty());
  const auto told = events->after().back();
  BOOST_TEST((told.kind == event_kind::batches_given_up));
  BOOST_TEST(told.message == "the stop gave up 5 records in hand; the next start reads them again");
}

BOOST_AUTO_TEST_CASE(a_drain_waits_for_no_processor_that_does_not_try_again) {
  spec.options = {{"recovery", {{"enabled", false}}}};
  drain_while_the_file_fails();
  for (int tick = 0; tick < 5; ++tick) advance(20ms);
  BOOST_TEST(drained);
  BOOST_TEST(client().left);
  BOOST_TEST(client().committed.empty());
}

BOOST_AUTO_TEST_CASE(a_drain_ends_within_its_time_although_kafka_answers_nothing) {
  begin();
  client().commits = false;
  client().closes = false;
  assign({0});
  client().bring(records(0, 0, 5));
  wake();
  drain();
  advance(9s);
  BOOST_TEST(!drained);
  for (int second = 0; second < 5; ++second) advance(1s);
  BOOST_TEST(drained);
  BOOST_TEST(ended);
}

BOOST_AUTO_TEST_CASE(a_drain_waits_a_second_for_kafka_when_no_broker_answers_already) {
  begin();
  client().commits = false;
  client().may_leave = false;
  assign({0});
  client().bring(records(0, 0, 5));
  wake();
  for (int second = 0; second < 12; ++second) advance(1s);
  BOOST_REQUIRE(seen->fault.has_value());
  drain();
  for (int tick = 0; tick < 45; ++tick) advance(20ms);
  BOOST_TEST(!drained);
  for (int tick = 0; tick < 10; ++tick) advance(20ms);
  BOOST_TEST(drained);
  BOOST_TEST(client().destroyed);
}

BOOST_AUTO_TEST_CASE(a_fatal_fault_ends_it_with_the_reason) {
  begin();
  assign({0});
  client().bring(kafka_fault{{ec::member_fenced, "fenced"}, true});
  wake();
  for (int tick = 0; tick < 20 && !ended; ++tick) advance(20ms);
  BOOST_REQUIRE(ended_by.has_value());
  BOOST_TEST((ended_by->code == ec::member_fenced));
}

BOOST_AUTO_TEST_CASE(a_client_that_cannot_be_made_ends_it_with_the_reason) {
  kafka.refuse = error{ec::invalid_request, "no such property"};
  begin();
  BOOST_TEST(ended);
  BOOST_REQUIRE(ended_by.has_value());
  BOOST_TEST(ended_by->message == "no such property");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::consumer_ending_test
