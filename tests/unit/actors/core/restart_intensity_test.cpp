#include "actors/core/restart_intensity.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::restart_intensity_test {

using namespace std::chrono_literals;

namespace {

kfs::restart_intensity::clock::time_point second(int number) {
  return kfs::restart_intensity::clock::time_point(std::chrono::seconds(number));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(restart_intensity)

BOOST_AUTO_TEST_CASE(a_child_is_restarted_as_often_as_allowed_and_no_more) {
  kfs::restart_intensity counted(2, 60s);
  BOOST_TEST(counted.may_restart(second(1)));
  BOOST_TEST(counted.may_restart(second(2)));
  BOOST_TEST(!counted.may_restart(second(3)));
}

BOOST_AUTO_TEST_CASE(ends_older_than_the_period_do_not_count) {
  kfs::restart_intensity counted(2, 60s);
  BOOST_TEST(counted.may_restart(second(1)));
  BOOST_TEST(counted.may_restart(second(50)));
  BOOST_TEST(counted.may_restart(second(61)));
  BOOST_TEST(!counted.may_restart(second(62)));
  BOOST_TEST(counted.counted() == 3);
  BOOST_TEST(counted.may_restart(second(200)));
}

BOOST_AUTO_TEST_CASE(zero_allows_no_restart) {
  kfs::restart_intensity counted(0, 60s);
  BOOST_TEST(!counted.may_restart(second(1)));
  BOOST_TEST(!counted.may_restart(second(1'000)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::restart_intensity_test
