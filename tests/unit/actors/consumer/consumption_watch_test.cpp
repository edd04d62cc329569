#include "actors/consumer/core/consumption_watch.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::consumption_watch_test {

using namespace std::chrono_literals;

namespace {

/// A consumer of partition 0 at offset 5, with a broker that answers.
struct watched_consumer {
  kfs::consumption_watch::clock::time_point at{1h};
  kfs::consumption_watch watch{"127.0.0.10:9092", "orders", "member", at};

  paused_partitions paused;

  [[nodiscard]] consumption look() const {
    return {.owned = {{0, offset{5}, paused.holds(0)}},
            .polled = true,
            .sinks_work = true,
            .paused = paused,
            .at = at,
            .wall_clock = timestamp(1h)};
  }
  void pass(std::chrono::seconds time) {
    for (auto left = time; left > 0s; left -= 1s) {
      at += 1s;
      watch.sampled({.broker_up = true, .since_answer = 0ms, .ever_answered = true, .joined = true}, look());
    }
  }
  void tell(std::int64_t end) {
    const partition_offset told{0, offset{end}};
    watch.log_ends_told({&told, 1}, true, look());
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(consumption_watch, watched_consumer)

BOOST_AUTO_TEST_CASE(a_partition_that_has_not_been_heard_of_is_no_health_and_a_fault_later) {
  const std::vector<partition_number> assigned{0};
  watch.assigned(assigned);
  pass(2s);
  BOOST_TEST(!watch.healthy(at));
  BOOST_TEST(!watch.fault(at).has_value());
  pass(12s);
  BOOST_TEST_REQUIRE(watch.fault(at).has_value());
  watch.heard(0);
  pass(2s);
  BOOST_TEST(watch.healthy(at));
}

BOOST_AUTO_TEST_CASE(nothing_is_expected_of_a_partition_that_an_operator_has_paused) {
  const std::vector<partition_number> assigned{0};
  watch.assigned(assigned);
  paused.all = true;
  pass(60s);
  BOOST_TEST(watch.healthy(at));
  paused = {.some = {0}};
  pass(60s);
  BOOST_TEST(watch.healthy(at));
  paused = {};
  pass(15s);
  BOOST_TEST(watch.fault(at).has_value());
}

BOOST_AUTO_TEST_CASE(a_partition_that_the_topic_does_not_have_is_named) {
  const std::vector<partition_number> assigned{0, 4};
  watch.assigned(assigned);
  watch.heard(0);
  const auto sample = [&](int partitions) {
    watch.sampled(
        {.broker_up = true, .since_answer = 0ms, .ever_answered = true, .joined = true, .partitions = partitions},
        look());
  };
  for (int second = 0; second < 14; ++second) {
    at += 1s;
    sample(4);
  }
  BOOST_TEST_REQUIRE(watch.fault(at).has_value());
  BOOST_TEST((watch.fault(at)->code == ec::topic_missing));
  BOOST_TEST(watch.fault(at)->message.find("no partition 4: it has 4") != std::string::npos);
  sample(0);
  BOOST_TEST(watch.fault(at)->message.find("does not exist") != std::string::npos);
  sample(5);
  BOOST_TEST((watch.fault(at)->code == ec::broker_silent));
}

BOOST_AUTO_TEST_CASE(a_stall_is_said_in_the_same_words_as_long_as_it_lasts) {
  pass(1s);
  tell(9);
  pass(30s);
  tell(9);
  BOOST_TEST_REQUIRE(watch.fault(at).has_value());
  BOOST_TEST((watch.fault(at)->code == ec::consumption_stalled));
  const auto said = watch.fault(at)->message;
  pass(5s);
  BOOST_TEST(watch.fault(at)->message == said);
  watch.log_restarted(0);
  pass(1s);
  BOOST_TEST(!watch.fault(at).has_value());
}

BOOST_AUTO_TEST_CASE(log_ends_are_asked_for_every_two_seconds_while_held_and_never_without_a_broker) {
  BOOST_TEST(!watch.must_ask_log_ends(true, at + 1min));
  int asked = 0;
  for (int second = 0; second < 20; ++second) {
    pass(1s);
    asked += watch.must_ask_log_ends(true, at) ? 1 : 0;
  }
  BOOST_TEST(asked == 10);
}

BOOST_AUTO_TEST_CASE(a_partition_that_has_just_moved_asks_nothing) {
  pass(9s);
  BOOST_TEST(!watch.must_ask_log_ends(false, at));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::consumption_watch_test
