#include "processors/http/closing_allowance.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::closing_allowance_test {

using namespace std::chrono_literals;

namespace {

int taken(kfs::closing_allowance& from, kfs::closing_allowance::clock::time_point at) {
  int count = 0;
  while (from.take(at)) ++count;
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(closing_allowance)

BOOST_AUTO_TEST_CASE(two_thousand_connections_may_be_closed_at_once_and_then_200_a_second) {
  kfs::closing_allowance allowance;
  kfs::closing_allowance::clock::time_point at{1h};
  BOOST_TEST(taken(allowance, at) == 2'000);
  BOOST_TEST(taken(allowance, at + 4ms) == 0);
  BOOST_TEST(taken(allowance, at + 1s) == 200);
  BOOST_TEST(taken(allowance, at + 1h) == 2'000);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::closing_allowance_test
