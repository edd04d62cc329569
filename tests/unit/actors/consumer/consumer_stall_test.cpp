// What a consumer asks about the ends of its logs, and what it makes of the answers.
#include "tests/unit/actors/consumer/consumer_fixture.hpp"

namespace kfs::consumer_stall_test {

using namespace std::chrono_literals;
using test::connected;
using test::records;

namespace {

struct stalling : test::consumer_fixture {
  /// Partition 0 was read up to `position`, and its end was seen.
  void read_to(std::int64_t position) {
    begin();
    assign({0});
    client().bring(records(0, 0, position));
    client().bring(partition_end{0, offset{position}});
    client().bring(connected);
    wake();
  }

  void tell(std::int64_t end) {
    client().bring(log_ends_told{.ends = {{0, offset{end}}}, .failed = {}});
    wake();
  }

  /// Time passes with a broker that answers, and the log ends at `end` whenever that is asked.
  void pass(std::chrono::seconds time, std::int64_t end) {
    for (auto left = time; left > 0s; left -= 1s) {
      const auto asked = client().asked_ends.size();
      client().bring(connected);
      wake();
      advance(1s);
      if (client().asked_ends.size() > asked) tell(end);
    }
  }

  [[nodiscard]] bool stalled() const { return seen->fault && seen->fault->code == ec::consumption_stalled; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(consumer_stall, stalling)

BOOST_AUTO_TEST_CASE(a_log_that_goes_on_while_nothing_comes_is_a_fault_that_says_where_and_since_when) {
  read_to(5);
  pass(90s, 9);
  BOOST_TEST_REQUIRE(stalled());
  BOOST_TEST(!seen->healthy);
  BOOST_TEST(to_string(seen->fault->source) == "kafka");
  for (const auto* part : {"partition 0", "\"orders\"", "offset 5", "ends at 9", "since 20"})
    BOOST_TEST(seen->fault->message.find(part) != std::string::npos, seen->fault->message);
}

BOOST_AUTO_TEST_CASE(it_is_taken_back_when_a_record_comes) {
  read_to(5);
  pass(90s, 9);
  BOOST_TEST_REQUIRE(stalled());
  client().bring(records(0, 5, 9));
  client().bring(connected);
  wake();
  advance(1s);
  BOOST_TEST(!seen->fault.has_value());
  BOOST_TEST(seen->healthy);
}

BOOST_AUTO_TEST_CASE(a_consumer_at_rest_asks_once_in_thirty_seconds) {
  read_to(5);
  pass(300s, 5);
  BOOST_TEST(client().asked_ends.size() >= 9u);
  BOOST_TEST(client().asked_ends.size() <= 10u);
  BOOST_TEST(!seen->fault.has_value());
}

BOOST_AUTO_TEST_CASE(a_consumer_to_which_records_come_asks_nothing) {
  read_to(5);
  for (int second = 0; second < 60; ++second) {
    client().bring(records(0, 5 + second, 6 + second));
    wake();
    advance(1s);
  }
  BOOST_TEST(client().asked_ends.empty());
}

BOOST_AUTO_TEST_CASE(where_no_broker_answers_nothing_is_asked) {
  begin();
  assign({0});
  client().bring(records(0, 0, 5));
  wake();
  for (int second = 0; second < 60; ++second) advance(1s);
  BOOST_TEST(client().asked_ends.empty());
}

BOOST_AUTO_TEST_CASE(while_a_sink_fails_the_log_end_is_asked_for_and_lag_grows_with_the_log) {
  with_file();
  with_committed(0, true);
  read_to(5);
  advance(1s);
  spoil_file();
  client().log_ends[0] = offset{5};
  client().bring(records(0, 5, 6));
  wake();
  pass(4s, 50);
  BOOST_TEST_REQUIRE(seen->partitions.size() == 1u);
  BOOST_TEST((seen->partitions[0].log_end == offset{50}));
  const auto asked = client().asked_ends.size();
  pass(10s, 70);
  BOOST_TEST((seen->partitions[0].log_end == offset{70}));
  BOOST_TEST(client().asked_ends.size() - asked == 5u);
  BOOST_TEST(!stalled());
}

BOOST_AUTO_TEST_CASE(what_the_client_knows_counts_where_it_is_later) {
  read_to(5);
  tell(7);
  client().log_ends[0] = offset{9};
  client().bring(connected);
  wake();
  BOOST_TEST((seen->partitions.at(0).log_end == offset{9}));
}

BOOST_AUTO_TEST_CASE(a_question_that_failed_says_nothing) {
  read_to(5);
  client().bring(log_ends_told{.ends = {}, .failed = error{ec::broker_silent, "no answer"}});
  wake();
  BOOST_TEST(!seen->fault.has_value());
}

BOOST_AUTO_TEST_CASE(after_the_log_began_anew_what_was_told_of_the_old_one_counts_no_more) {
  read_to(5);
  tell(90);
  client().bring(log_restarted{.partition = 0, .expected = offset{5}, .start = offset{0}});
  client().bring(connected);
  wake();
  BOOST_TEST(!seen->partitions.at(0).log_end.has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::consumer_stall_test
