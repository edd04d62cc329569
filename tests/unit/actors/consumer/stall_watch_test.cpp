#include "actors/consumer/core/stall_watch.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::stall_watch_test {

using namespace std::chrono_literals;

namespace {

/// A watch on partition 0, looked at every second as a consumer's tick does it.
struct watched_partition {
  stall_watch watch;
  stall_watch::clock::time_point at{1h};
  std::optional<offset> position = offset{100};
  bool polled = true;
  bool paused = false;

  void look() {
    const partition_position owned{0, position, paused};
    watch.looked({&owned, 1}, polled, at);
  }
  void tell(std::int64_t end, bool drained = true) {
    look();
    const partition_offset told{0, offset{end}};
    watch.told({&told, 1}, drained, at);
  }
  void pass(std::chrono::seconds time) {
    for (auto left = time; left > 0s; left -= 1s) {
      at += 1s;
      look();
    }
  }
  [[nodiscard]] bool stalled() const { return !watch.stalled().empty(); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(stall_watch, watched_partition)

BOOST_AUTO_TEST_CASE(a_log_that_ends_beyond_a_position_that_does_not_move_for_thirty_seconds_is_a_stall) {
  tell(105);
  const auto since = at;
  pass(29s);
  tell(106);
  BOOST_TEST(!stalled());
  pass(1s);
  tell(107);
  BOOST_TEST((watch.stalled() == std::vector<stalled_partition>{{0, offset{100}, offset{107}, since}}));
}

BOOST_AUTO_TEST_CASE(time_alone_condemns_nobody_because_records_may_be_on_their_way) {
  tell(105);
  pass(120s);
  BOOST_TEST(!stalled());
}

BOOST_AUTO_TEST_CASE(a_partition_that_rested_for_long_has_all_the_time_for_its_next_record) {
  tell(100);
  pass(600s);
  tell(101);
  BOOST_TEST(!stalled());
}

BOOST_AUTO_TEST_CASE(records_that_were_fetched_and_not_handed_over_yet_are_no_stall) {
  tell(105);
  pass(30s);
  tell(105, false);
  BOOST_TEST(!stalled());
}

BOOST_AUTO_TEST_CASE(a_step_forward_clears_it) {
  tell(105);
  pass(30s);
  tell(105);
  BOOST_TEST_REQUIRE(stalled());
  position = offset{101};
  look();
  BOOST_TEST(!stalled());
  tell(105);
  pass(29s);
  tell(105);
  BOOST_TEST(!stalled());
}

BOOST_AUTO_TEST_CASE(what_was_not_polled_all_the_time_has_all_the_time_again) {
  tell(105);
  pass(20s);
  polled = false;
  look();
  polled = true;
  pass(10s);
  tell(105);
  BOOST_TEST(!stalled());
  pass(30s);
  tell(105);
  BOOST_TEST(stalled());
}

BOOST_AUTO_TEST_CASE(a_pause_clears_it_and_nothing_is_held_against_a_partition_that_is_paused) {
  tell(105);
  pass(30s);
  tell(105);
  polled = false;
  look();
  BOOST_TEST(!stalled());
  tell(105);
  pass(30s);
  tell(105);
  BOOST_TEST(!stalled());
  BOOST_TEST((watch.log_end(0) == offset{105}));
}

BOOST_AUTO_TEST_CASE(a_partition_that_an_operator_has_paused_is_not_stalled_until_it_is_resumed) {
  tell(105);
  pass(30s);
  tell(105);
  paused = true;
  look();
  BOOST_TEST(!stalled());
  tell(105);
  pass(60s);
  tell(105);
  BOOST_TEST(!stalled());
  BOOST_TEST((watch.log_end(0) == offset{105}));
  paused = false;
  tell(105);
  pass(30s);
  BOOST_TEST(!stalled());
  tell(105);
  BOOST_TEST(stalled());
}

BOOST_AUTO_TEST_CASE(a_log_that_ends_where_it_is_read_clears_it) {
  tell(105);
  pass(30s);
  tell(105);
  tell(100);
  BOOST_TEST(!stalled());
}

BOOST_AUTO_TEST_CASE(another_log_is_known_nothing_of) {
  tell(105);
  pass(30s);
  tell(105);
  watch.restarted(0);
  BOOST_TEST(!stalled());
  BOOST_TEST(!watch.log_end(0).has_value());
}

BOOST_AUTO_TEST_CASE(a_position_that_went_backward_makes_what_was_told_worthless) {
  tell(105);
  position = offset{3};
  look();
  BOOST_TEST(!watch.log_end(0).has_value());
}

BOOST_AUTO_TEST_CASE(a_partition_that_was_given_away_is_forgotten) {
  tell(105);
  pass(30s);
  tell(105);
  watch.looked({}, true, at);
  BOOST_TEST(!stalled());
  BOOST_TEST(!watch.log_end(0).has_value());
}

BOOST_AUTO_TEST_CASE(without_a_position_nothing_is_behind) {
  position.reset();
  tell(105);
  pass(30s);
  tell(105);
  BOOST_TEST(!stalled());
  BOOST_TEST(!watch.behind());
}

BOOST_AUTO_TEST_CASE(one_that_moves_does_not_excuse_another) {
  for (int second = 0; second <= 30; ++second) {
    const std::vector<partition_position> owned{{0, offset{100}}, {1, offset{second}}};
    watch.looked(owned, true, at);
    const std::vector<partition_offset> told{{0, offset{105}}, {1, offset{1'000}}};
    watch.told(told, true, at);
    at += 1s;
  }
  const auto found = watch.stalled();
  BOOST_TEST_REQUIRE(found.size() == 1u);
  BOOST_TEST(found.front().partition == 0);
}

BOOST_AUTO_TEST_CASE(a_question_is_worth_while_after_ten_seconds_without_a_step) {
  look();
  pass(9s);
  BOOST_TEST(!watch.quiet(at));
  pass(1s);
  BOOST_TEST(watch.quiet(at));
  position = offset{101};
  look();
  BOOST_TEST(!watch.quiet(at));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::stall_watch_test
