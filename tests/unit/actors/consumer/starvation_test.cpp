#include "actors/consumer/core/starvation.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::starvation_test {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(starvation)

BOOST_AUTO_TEST_CASE(partitions_are_paused_once_after_a_second_without_room_and_resumed_once) {
  const kfs::starvation::clock::time_point at{1h};
  kfs::starvation starving;
  BOOST_TEST(!starving.pause_due(at));
  starving.no_room(at);
  starving.no_room(at + 500ms);
  BOOST_TEST(!starving.pause_due(at + 999ms));
  BOOST_TEST(starving.pause_due(at + 1s));
  BOOST_TEST(!starving.pause_due(at + 2s));
  BOOST_TEST(starving.room_again());
  BOOST_TEST(!starving.room_again());
  BOOST_TEST(!starving.starved());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::starvation_test
