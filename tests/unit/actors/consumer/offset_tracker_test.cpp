#include "actors/consumer/core/offset_tracker.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::offset_tracker_test {

using kfs::offset;
using one_partition = kfs::offset_tracker;

BOOST_AUTO_TEST_SUITE(offset_tracker)

BOOST_AUTO_TEST_CASE(nothing_is_committable_before_the_first_acknowledgement) {
  one_partition tracker;
  tracker.delivered(offset{10});
  BOOST_TEST(!tracker.committable().has_value());
  BOOST_TEST(!tracker.idle());
}

BOOST_AUTO_TEST_CASE(the_committable_offset_waits_for_the_range_in_front) {
  one_partition tracker;
  tracker.delivered(offset{10});
  tracker.delivered(offset{20});
  tracker.delivered(offset{30});
  tracker.acknowledged(offset{20});
  BOOST_TEST(!tracker.committable().has_value());
  tracker.acknowledged(offset{10});
  BOOST_TEST(tracker.committable()->value == 20);
  tracker.acknowledged(offset{30});
  BOOST_TEST(tracker.committable()->value == 30);
  BOOST_TEST(tracker.idle());
}

BOOST_AUTO_TEST_CASE(the_position_is_where_reading_starts_and_then_behind_what_was_delivered) {
  BOOST_TEST(!one_partition().position().has_value());
  one_partition tracker(offset{4});
  BOOST_TEST(tracker.position()->value == 4);
  tracker.delivered(offset{10});
  BOOST_TEST(tracker.position()->value == 10);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::offset_tracker_test
