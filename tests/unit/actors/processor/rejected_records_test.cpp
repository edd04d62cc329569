// What a processor does with records that its sink rejects.
#include "tests/unit/actors/processor/processor_fixture.hpp"

namespace kfs::rejected_records_test {

using namespace std::chrono_literals;
using test::numbered_batch;

namespace {

using values = std::vector<std::string>;
using offsets = std::vector<std::int64_t>;

on_error_options on_error(rejection_policy policy, std::int64_t attempts = 1) {
  return {.policy = policy, .max_attempts = attempts, .dead_letter_topic = {}};
}

struct retrying : test::processor_fixture {};

struct dead_lettering : test::processor_fixture {
  dead_lettering() : processor_fixture(on_error(rejection_policy::dead_letter)) {}
};

struct dead_lettering_the_third_time : test::processor_fixture {
  dead_lettering_the_third_time() : processor_fixture(on_error(rejection_policy::dead_letter, 3)) {}
};

struct skipping : test::processor_fixture {
  skipping() : processor_fixture(on_error(rejection_policy::skip)) {}
};

struct stopping : test::processor_fixture {
  stopping() : processor_fixture(on_error(rejection_policy::stop)) {}
};

const error full{ec::sink_unavailable, "the disk is full"};
const error missing{ec::topic_missing, "the dead-letter topic is missing"};

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rejected_records)

BOOST_FIXTURE_TEST_CASE(by_default_the_batch_is_tried_again_without_limit_and_the_error_names_the_record, retrying) {
  script->poison = {1};
  deliver(numbered_batch(0, 3));
  for (int minute = 0; minute < 10; ++minute) advance(60s);
  BOOST_TEST(acknowledged == 0);
  BOOST_TEST(script->written.empty());
  BOOST_TEST(script->offered.size() == 11u);
  const auto& shown = *heard->back().fault;
  BOOST_TEST((shown.code == ec::record_rejected));
  BOOST_TEST(to_string(shown.source) == "processor:p");
  for (const auto* part : {"offset 1", "partition 0", "\"orders\"", "it is poison", "on_error"})
    BOOST_TEST(holds(shown.message, part), shown.message);
  // The record counts once, its attempts each time.
  BOOST_TEST(series("kafka_fetcher_rejected_records_total") == "1");
  BOOST_TEST(series("kafka_fetcher_processor_errors_total") == "11");
  BOOST_TEST(series("kafka_fetcher_processor_retries_total") == "10");
}

BOOST_FIXTURE_TEST_CASE(a_record_that_is_accepted_in_the_end_clears_the_fault, retrying) {
  script->poison = {1};
  deliver(numbered_batch(0, 3));
  script->poison.clear();
  advance(60s);
  BOOST_TEST(acknowledged == 1);
  BOOST_TEST(!heard->back().fault.has_value());
}

BOOST_FIXTURE_TEST_CASE(a_dead_letter_takes_the_place_of_its_record_in_order, dead_lettering) {
  script->poison = {1, 3};
  deliver(numbered_batch(0, 5));
  deliver(numbered_batch(5, 6));
  BOOST_TEST(dead_letters() == (values{"1", "3"}), boost::test_tools::per_element());
  BOOST_TEST(script->written == (values{"0", "2", "4", "5"}), boost::test_tools::per_element());
  BOOST_TEST(acknowledged == 2);
  BOOST_TEST(producer().produced.front().topic == "orders.dead-letter");
  BOOST_TEST(producer().header("__connect.errors.connector.name") == owner.id.value);
  BOOST_TEST(heard->empty());
  BOOST_TEST(series("kafka_fetcher_dead_letters_total") == "2");
  BOOST_TEST(series("kafka_fetcher_processor_messages_total") == "4");
}

BOOST_FIXTURE_TEST_CASE(nothing_is_offered_again_before_the_dead_letter_is_acknowledged, dead_lettering) {
  kafka.prepare_producer = [](test::fake_producer_script& made) { made.acknowledges = false; };
  script->poison = {1};
  deliver(numbered_batch(0, 3));
  deliver(numbered_batch(3, 4));
  advance(60s);
  BOOST_TEST(script->offered.size() == 1u);
  BOOST_TEST(acknowledged == 0);
  producer().acknowledge(producer().produced.front().number);
  run();
  BOOST_TEST(acknowledged == 2);
  BOOST_TEST(script->written == (values{"0", "2", "3"}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_dead_letter_topic_that_cannot_be_written_blocks_the_processor_and_is_an_error,
                        dead_lettering) {
  kafka.prepare_producer = [](test::fake_producer_script& made) { made.refuses = missing; };
  script->poison = {1};
  deliver(numbered_batch(0, 3));
  for (int minute = 0; minute < 3; ++minute) advance(60s);
  BOOST_TEST(acknowledged == 0);
  BOOST_TEST(script->written.empty());
  BOOST_TEST((heard->back().fault->code == ec::topic_missing));
  BOOST_TEST(to_string(heard->back().fault->source) == "processor:p");
  BOOST_TEST(heard->back().recovery.has_value());
  BOOST_TEST(script->offered.size() == 1u);
  kafka.prepare_producer = nullptr;
  advance(60s);
  BOOST_TEST(acknowledged == 1);
  BOOST_TEST(dead_letters() == values{"1"}, boost::test_tools::per_element());
  BOOST_TEST(producer().header("kafka_fetcher.errors.attempts") == "1");
  BOOST_TEST(!heard->back().fault.has_value());
}

BOOST_FIXTURE_TEST_CASE(of_several_dead_letters_only_those_that_failed_are_produced_again, dead_lettering) {
  kafka.prepare_producer = [](test::fake_producer_script& made) { made.acknowledges = false; };
  script->poison = {0, 1};
  deliver(numbered_batch(0, 3));
  producer().acknowledge(1);
  producer().fail(2, missing);
  run();
  BOOST_TEST(acknowledged == 0);
  kafka.prepare_producer = nullptr;
  advance(60s);
  BOOST_TEST(dead_letters() == (values{"0", "1", "1"}), boost::test_tools::per_element());
  BOOST_TEST(acknowledged == 1);
  BOOST_TEST(series("kafka_fetcher_dead_letters_total") == "2");
}

BOOST_FIXTURE_TEST_CASE(a_record_is_offered_max_attempts_times_before_it_becomes_a_dead_letter,
                        dead_lettering_the_third_time) {
  script->poison = {1};
  deliver(numbered_batch(0, 2));
  BOOST_TEST(holds(heard->back().fault->message, "attempt 1 of 3"));
  advance(60s);
  BOOST_TEST(dead_letters().empty());
  advance(60s);
  BOOST_TEST(dead_letters() == values{"1"}, boost::test_tools::per_element());
  BOOST_TEST(producer().header("kafka_fetcher.errors.attempts") == "3");
  BOOST_TEST(acknowledged == 1);
  BOOST_TEST(ledger->size() == 0u);
}

BOOST_FIXTURE_TEST_CASE(attempts_outlive_the_actor, dead_lettering_the_third_time) {
  script->poison = {1};
  deliver(numbered_batch(0, 2));
  advance(60s);
  restart(on_error(rejection_policy::dead_letter, 3));
  deliver(numbered_batch(1, 4));
  BOOST_TEST(dead_letters() == values{"1"}, boost::test_tools::per_element());
  BOOST_TEST(acknowledged == 1);
}

BOOST_FIXTURE_TEST_CASE(a_failing_destination_counts_as_no_attempt_of_a_record_and_makes_no_dead_letter,
                        dead_lettering_the_third_time) {
  script->failures = {full, full, full, full};
  script->poison = {1};
  deliver(numbered_batch(0, 2));
  for (int minute = 0; minute < 4; ++minute) advance(60s);
  BOOST_TEST(dead_letters().empty());
  BOOST_TEST(holds(heard->back().fault->message, "attempt 1 of 3"));
}

BOOST_FIXTURE_TEST_CASE(records_with_attempts_left_wait_while_others_become_dead_letters,
                        dead_lettering_the_third_time) {
  script->poison = {0};
  deliver(numbered_batch(0, 3));
  advance(60s);
  script->poison = {0, 2};
  advance(60s);
  BOOST_TEST(dead_letters() == values{"0"}, boost::test_tools::per_element());
  BOOST_TEST(acknowledged == 0);
  BOOST_TEST(holds(heard->back().fault->message, "offset 2"));
  advance(60s);
  advance(60s);
  BOOST_TEST(dead_letters() == (values{"0", "2"}), boost::test_tools::per_element());
  BOOST_TEST(script->written == values{"1"}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_batch_of_nothing_but_dead_letters_is_offered_empty_so_that_its_offsets_move, dead_lettering) {
  script->poison = {1, 2};
  deliver(numbered_batch(0, 1));
  deliver(numbered_batch(1, 3));
  BOOST_TEST(acknowledged == 2);
  BOOST_REQUIRE(script->offered.size() == 3u);
  BOOST_TEST(script->offered.back().empty());
}

BOOST_FIXTURE_TEST_CASE(more_dead_letters_than_may_be_under_way_at_once_all_arrive, dead_lettering) {
  values expected;
  for (int position = 0; position < 2'500; ++position) {
    script->poison.insert(position);
    expected.push_back(std::to_string(position));
  }
  deliver(numbered_batch(0, 2'501));
  BOOST_TEST(acknowledged == 1);
  BOOST_TEST(dead_letters() == expected, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(all_rejected_records_use_up_their_attempts_even_when_more_than_are_remembered,
                        dead_lettering_the_third_time) {
  const auto all = static_cast<std::int64_t>(rejection_ledger::most_records) + 5;
  for (std::int64_t position = 0; position < all; ++position) script->poison.insert(position);
  deliver(numbered_batch(0, all + 1));
  for (int attempt = 1; attempt < 6; ++attempt) advance(60s);
  BOOST_TEST(acknowledged == 1);
  BOOST_TEST(dead_letters().size() == static_cast<std::size_t>(all));
}

BOOST_FIXTURE_TEST_CASE(a_skipped_record_is_counted_and_left_out, skipping) {
  script->poison = {1};
  deliver(numbered_batch(0, 3));
  BOOST_TEST(acknowledged == 1);
  BOOST_TEST(script->written == (values{"0", "2"}), boost::test_tools::per_element());
  BOOST_TEST(series("kafka_fetcher_skipped_records_total") == "1");
  BOOST_TEST(kafka.producers.empty());
  BOOST_TEST(heard->empty());
}

BOOST_FIXTURE_TEST_CASE(a_stopping_processor_names_the_record_and_offers_nothing_more, stopping) {
  script->poison = {1};
  deliver(numbered_batch(0, 3));
  deliver(numbered_batch(3, 4));
  self()->send(processor, retry_atom::value);
  for (int minute = 0; minute < 3; ++minute) advance(60s);
  BOOST_TEST(script->offered.size() == 1u);
  BOOST_TEST(acknowledged == 0);
  const auto& last = heard->back();
  BOOST_TEST(last.fault->until_started);
  BOOST_TEST(!last.recovery.has_value());
  BOOST_TEST(holds(last.fault->message, "offset 1"), last.fault->message);
}

BOOST_FIXTURE_TEST_CASE(where_all_records_are_rejected_alike_none_is_given_up, dead_lettering) {
  for (int position = 0; position < 1'000; ++position) script->poison.insert(position);
  deliver(numbered_batch(0, 500));
  deliver(numbered_batch(500, 1'000));
  for (int minute = 0; minute < 10; ++minute) advance(60s);
  BOOST_TEST(acknowledged == 0);
  BOOST_TEST(kafka.producers.empty());
  BOOST_TEST((heard->back().fault->code == ec::record_unproven));
  BOOST_TEST(holds(heard->back().fault->message, "the destination may be at fault"), heard->back().fault->message);
  script->poison.clear();
  advance(60s);
  BOOST_TEST(acknowledged == 2);
  BOOST_TEST(script->written.size() == 1'000u);
}

BOOST_FIXTURE_TEST_CASE(a_lone_rejected_record_waits_for_one_that_is_accepted, dead_lettering) {
  script->poison = {0};
  deliver(numbered_batch(0, 1));
  advance(60s);
  BOOST_TEST((heard->back().fault->code == ec::record_unproven));
  BOOST_TEST(kafka.producers.empty());
  deliver(numbered_batch(1, 2));
  BOOST_TEST(acknowledged == 2);
  BOOST_TEST(dead_letters() == values{"0"}, boost::test_tools::per_element());
  BOOST_TEST(script->written == values{"1"}, boost::test_tools::per_element());
  BOOST_TEST(!heard->back().fault.has_value());
}

BOOST_FIXTURE_TEST_CASE(many_batches_that_wait_behind_a_rejected_record_are_joined_and_answered, dead_lettering) {
  constexpr int batches = 10;
  for (int position = 0; position < batches - 1; ++position) script->poison.insert(position);
  script->failures = {full};
  for (int position = 0; position < batches; ++position) deliver(numbered_batch(position, position + 1));
  advance(60s);
  BOOST_TEST(acknowledged == batches);
  BOOST_TEST(dead_letters().size() == static_cast<std::size_t>(batches - 1));
  BOOST_TEST(script->written == values{"9"}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(what_was_accepted_before_a_restart_counts, dead_lettering) {
  deliver(numbered_batch(0, 1));
  restart(on_error(rejection_policy::dead_letter));
  script->poison = {1};
  deliver(numbered_batch(1, 2));
  BOOST_TEST(dead_letters() == values{"1"}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(an_unproven_record_is_only_tried_again_without_a_policy_that_gives_up, stopping) {
  script->poison = {0};
  deliver(numbered_batch(0, 1));
  deliver(numbered_batch(1, 2));
  for (int minute = 0; minute < 3; ++minute) advance(60s);
  BOOST_TEST((heard->back().fault->code == ec::record_unproven));
  BOOST_TEST(!heard->back().fault->until_started);
  BOOST_TEST(script->offered.back() == offsets{0}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::rejected_records_test
