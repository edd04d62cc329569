#include "actors/consumer/core/revocation.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::revocation_test {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(revocation)

BOOST_AUTO_TEST_CASE(a_second_request_joins_the_first_with_its_deadline) {
  const kfs::revocation::clock::time_point at{1h};
  kfs::revocation asked;
  asked.asked_back({0}, at, 10s);
  asked.asked_back({1}, at + 9s, 10s);
  BOOST_TEST(!asked.overdue(at + 9s));
  BOOST_TEST(asked.overdue(at + 10s));
  BOOST_TEST(asked.take() == (std::vector<partition_number>{0, 1}), boost::test_tools::per_element());
  BOOST_TEST(!asked.under_way());
}

BOOST_AUTO_TEST_CASE(a_partition_that_is_lost_meanwhile_is_not_given_back_again) {
  kfs::revocation asked;
  asked.asked_back({0, 1}, {}, 10s);
  asked.forget(0);
  BOOST_TEST(asked.take() == std::vector<partition_number>{1}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::revocation_test
