#include <boost/test/unit_test.hpp>

#include "actors/processor/spawn.hpp"
#include "tests/unit/actors/actor_fixture.hpp"
#include "tests/unit/doubles/fake_kafka.hpp"

namespace kfs::dead_letter_actor_test {

namespace {

struct fixture : test::actor_fixture {
  test::fake_kafka kafka;
  dead_letter_actor letters = spawn_dead_letters(
      system(), {.spec = std::make_shared<const consumer_spec>(test::example_spec()), .clients = kafka});
  int acknowledged = 0;
  std::vector<error> failures;

  ~fixture() {
    end();
    run();
  }

  void end() {
    caf::anon_send_exit(letters, caf::exit_reason::kill);
    run();
  }

  /// Producers acknowledge nothing before the test says so.
  void hold_acknowledgements() {
    kafka.prepare_producer = [](test::fake_producer_script& script) { script.acknowledges = false; };
  }

  void send(std::size_t bytes = 1) {
    auto letter = std::make_shared<outgoing_record>();
    letter->topic = "orders.dead-letter";
    letter->headers = {{"padding", std::string(bytes, 'x')}};
    ask<done>(
        letters, [this](done) { ++acknowledged; }, [this](const error& reason) { failures.push_back(reason); },
        deliver_atom::value, outgoing_record_ptr(letter));
  }

  test::fake_producer_script& producer() { return *kafka.producers.back(); }
};

const error missing{ec::topic_missing, "no such topic"};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(dead_letter_actor, fixture)

BOOST_AUTO_TEST_CASE(the_first_letter_makes_the_producer_and_later_ones_use_it) {
  BOOST_TEST(kafka.producers.empty());
  send();
  send();
  BOOST_TEST(kafka.producers.size() == 1u);
  BOOST_TEST(producer().produced.size() == 2u);
  BOOST_TEST(acknowledged == 2);
}

BOOST_AUTO_TEST_CASE(a_letter_is_answered_when_it_is_acknowledged_and_not_before) {
  hold_acknowledgements();
  send();
  BOOST_TEST(acknowledged == 0);
  producer().acknowledge(producer().produced.front().number);
  run();
  BOOST_TEST(acknowledged == 1);
}

BOOST_AUTO_TEST_CASE(a_letter_that_fails_is_answered_with_the_reason_and_the_next_gets_a_new_producer) {
  hold_acknowledgements();
  send();
  producer().fail(producer().produced.front().number, missing);
  run();
  BOOST_REQUIRE(failures.size() == 1u);
  BOOST_TEST((failures.front() == missing));
  BOOST_TEST(producer().ended);
  kafka.prepare_producer = nullptr;
  send();
  BOOST_TEST(kafka.producers.size() == 2u);
  BOOST_TEST(acknowledged == 1);
}

BOOST_AUTO_TEST_CASE(a_letter_that_the_producer_does_not_take_is_answered_at_once) {
  kafka.prepare_producer = [](test::fake_producer_script& script) { script.refuses = missing; };
  send();
  BOOST_REQUIRE(failures.size() == 1u);
  BOOST_TEST((failures.front() == missing));
}

BOOST_AUTO_TEST_CASE(a_bounded_number_of_letters_is_under_way_and_further_ones_follow_in_order) {
  hold_acknowledgements();
  for (int i = 0; i < 502; ++i) send();
  BOOST_TEST(producer().produced.size() == 500u);
  producer().acknowledge(producer().produced.front().number);
  run();
  BOOST_TEST(producer().produced.size() == 501u);
  BOOST_TEST(producer().produced.back().number == 501u);
}

BOOST_AUTO_TEST_CASE(large_letters_are_produced_one_after_the_other) {
  hold_acknowledgements();
  for (int i = 0; i < 2; ++i) send(10'000'000);
  BOOST_TEST(producer().produced.size() == 1u);
  producer().acknowledge(producer().produced.front().number);
  run();
  BOOST_TEST(producer().produced.size() == 2u);
}

BOOST_AUTO_TEST_CASE(after_a_failure_the_letters_that_wait_fail_at_once) {
  hold_acknowledgements();
  for (int i = 0; i < 502; ++i) send();
  producer().fail(1, missing);
  run();
  BOOST_TEST(failures.size() == 3u);
  BOOST_TEST(!producer().ended);
  for (std::uint64_t number = 2; number <= 500; ++number) producer().acknowledge(number);
  run();
  BOOST_TEST(acknowledged == 499);
  BOOST_TEST(producer().ended);
}

BOOST_AUTO_TEST_CASE(its_producer_ends_with_the_actor) {
  send();
  end();
  BOOST_TEST(producer().ended);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::dead_letter_actor_test
