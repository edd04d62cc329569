#include "actors/core/consumer_state.hpp"

#include <array>
#include <boost/test/unit_test.hpp>

namespace kfs::consumer_state_test {

using enum kfs::consumer_state;
using kfs::can_follow;

namespace {

constexpr std::array all_states{stopped, starting, running, waiting, draining, error};

}  // namespace

BOOST_AUTO_TEST_SUITE(consumer_state)

BOOST_AUTO_TEST_CASE(only_a_start_leaves_stopped) {
  for (const auto to : all_states) BOOST_TEST(can_follow(stopped, to) == (to == starting));
}

BOOST_AUTO_TEST_CASE(every_active_state_can_fail_and_can_be_drained) {
  for (const auto from : {starting, running, waiting}) {
    BOOST_TEST(can_follow(from, error));
    BOOST_TEST(can_follow(from, draining));
    BOOST_TEST(!can_follow(from, stopped));
  }
}

BOOST_AUTO_TEST_CASE(a_drained_consumer_is_stopped_or_still_in_error) {
  for (const auto to : all_states) BOOST_TEST(can_follow(draining, to) == (to == stopped || to == error));
}

BOOST_AUTO_TEST_CASE(every_state_is_reached_and_left) {
  for (const auto state : all_states) {
    bool reached = false;
    bool left = false;
    for (const auto other : all_states) {
      reached |= can_follow(other, state);
      left |= can_follow(state, other);
    }
    BOOST_TEST(reached);
    BOOST_TEST(left);
  }
}

BOOST_AUTO_TEST_CASE(a_lifecycle_begins_stopped_and_may_become_what_it_is) {
  kfs::lifecycle life;
  life.become(stopped);
  BOOST_TEST((life.now() == stopped));
  life.become(starting);
  life.become(running);
  life.become(draining);
  life.become(stopped);
  BOOST_TEST((life.now() == stopped));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::consumer_state_test
