// How a processor writes batches: acknowledgement, retries and order.
#include "tests/unit/actors/processor/processor_fixture.hpp"

namespace kfs::processor_actor_test {

using namespace std::chrono_literals;

namespace {

batch_ptr one_record(std::int64_t position, std::string value) {
  auto made = std::make_shared<test::memory_batch>();
  made->add(0, position, std::move(value));
  return made;
}

const error full{ec::sink_unavailable, "the disk is full"};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(processor_actor, test::processor_fixture)

BOOST_AUTO_TEST_CASE(a_batch_is_acknowledged_when_it_is_written) {
  deliver(one_record(0, "a"));
  BOOST_TEST(acknowledged == 1);
  BOOST_TEST(script->written == std::vector<std::string>{"a"}, boost::test_tools::per_element());
  BOOST_TEST(script->opened == 1);
  BOOST_TEST(heard->empty());
}

BOOST_AUTO_TEST_CASE(a_failed_batch_is_tried_again_until_it_is_written_and_only_then_acknowledged) {
  script->failures = {full, full};
  deliver(one_record(0, "a"));
  BOOST_TEST(acknowledged == 0);
  BOOST_REQUIRE(heard->size() == 1u);
  BOOST_TEST(heard->back().fault->message == "the disk is full");
  BOOST_TEST(to_string(heard->back().fault->source) == "processor:p");
  BOOST_TEST(heard->back().recovery.has_value());
  advance(60s);
  BOOST_TEST(acknowledged == 0);
  BOOST_TEST(heard->back().fault->attempts == 2);
  advance(60s);
  BOOST_TEST(acknowledged == 1);
  BOOST_TEST(!heard->back().fault.has_value());
}

BOOST_AUTO_TEST_CASE(batches_behind_a_failed_one_keep_their_order) {
  script->failures = {full};
  deliver(one_record(0, "a"));
  deliver(one_record(1, "b"));
  BOOST_TEST(script->written.empty());
  advance(60s);
  BOOST_TEST(script->written == (std::vector<std::string>{"a", "b"}), boost::test_tools::per_element());
  BOOST_TEST(acknowledged == 2);
}

BOOST_AUTO_TEST_CASE(a_processor_that_was_given_up_begins_nothing_more) {
  script->failures = {full};
  deliver(one_record(0, "a"));
  giving_up.request_stop();
  advance(60s);
  deliver(one_record(1, "b"));
  BOOST_TEST(script->offered.size() == 1u);
  BOOST_TEST(acknowledged == 0);
}

BOOST_AUTO_TEST_CASE(a_processor_that_is_given_up_during_a_batch_offers_no_more_of_it) {
  restart({.policy = rejection_policy::skip, .max_attempts = 1, .dead_letter_topic = {}});
  script->poison = {0};
  script->amid_write = [this] { giving_up.request_stop(); };
  deliver(test::numbered_batch(0, 2));
  BOOST_TEST(script->offered.size() == 1u);
  BOOST_TEST(acknowledged == 0);
}

BOOST_AUTO_TEST_CASE(a_sink_that_cannot_be_opened_is_opened_again) {
  script->cannot_open = error{ec::sink_denied, "not allowed"};
  deliver(one_record(0, "a"));
  BOOST_TEST((heard->back().fault->code == ec::sink_denied));
  script->cannot_open.reset();
  advance(60s);
  BOOST_TEST(acknowledged == 1);
  BOOST_TEST(script->opened == 2);
}

BOOST_AUTO_TEST_CASE(a_user_can_end_the_back_off_early) {
  script->failures = {full};
  deliver(one_record(0, "a"));
  self()->send(processor, retry_atom::value);
  run();
  BOOST_TEST(acknowledged == 1);
}

BOOST_AUTO_TEST_CASE(a_destination_that_asks_for_a_pause_is_not_tried_before_its_end) {
  script->failures = {{ec::sink_unavailable, "slow down", 10min}};
  deliver(one_record(0, "a"));
  advance(9min);
  BOOST_TEST(acknowledged == 0);
  advance(61s);
  BOOST_TEST(acknowledged == 1);
}

BOOST_AUTO_TEST_CASE(a_drain_waits_for_the_batch_in_hand_and_closes_the_sink) {
  script->failures = {full};
  deliver(one_record(0, "a"));
  bool drained = false;
  ask<done>(
      processor, [&](done) { drained = true; }, ignore_refusal, drain_atom::value);
  BOOST_TEST(!drained);
  advance(60s);
  BOOST_TEST(drained);
  BOOST_TEST(script->closed == 1);
}

BOOST_AUTO_TEST_CASE(an_exception_ends_the_processor_with_its_text) {
  script->throws = true;
  std::string reason;
  watch(processor, [&](const caf::error& ended) { reason = from_caf(ended).message; });
  deliver(one_record(0, "a"));
  BOOST_TEST(reason.find("the disk caught fire") != std::string::npos);
  BOOST_TEST(script->closed == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::processor_actor_test
