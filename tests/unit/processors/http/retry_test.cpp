#include "processors/http/retry.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::retry_test {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(retry)

BOOST_AUTO_TEST_CASE(a_request_is_sent_again_at_once_and_later_as_its_failures_follow_each_other) {
  BOOST_TEST((retry_wait(1, 0s, 0ms, 0.0) == 0ms));
  BOOST_TEST((retry_wait(1, 0s, 0ms, 1.0) == 2ms));
  BOOST_TEST((retry_wait(2, 0s, 0ms, 1.0) == 4ms));
  BOOST_TEST((retry_wait(6, 0s, 0ms, 1.0) == 64ms));
  for (const int failures : {9, 10, 100, 1'000'000}) BOOST_TEST((retry_wait(failures, 0s, 0ms, 1.0) == 500ms));
}

BOOST_AUTO_TEST_CASE(the_wait_is_a_random_share_of_its_bound) {
  BOOST_TEST((retry_wait(7, 0s, 0ms, 0.0) == 0ms));
  BOOST_TEST((retry_wait(7, 0s, 0ms, 0.25) == 32ms));
  BOOST_TEST((retry_wait(7, 0s, 0ms, 0.75) == 96ms));
}

BOOST_AUTO_TEST_CASE(after_its_patience_the_fault_is_reported) {
  BOOST_TEST((retry_wait(9, retry_patience - 500ms, 0ms, 1.0) == 500ms));
  BOOST_TEST(!retry_wait(9, retry_patience - 499ms, 0ms, 1.0));
}

BOOST_AUTO_TEST_CASE(a_request_that_failed_late_is_sent_once_more) {
  BOOST_TEST(retry_wait(1, 60s, 0ms, 1.0).has_value());
  BOOST_TEST(!retry_wait(2, 60s, 0ms, 1.0));
}

BOOST_AUTO_TEST_CASE(a_pause_that_the_endpoint_asks_for_makes_the_wait_longer_up_to_the_longest) {
  BOOST_TEST((retry_wait(1, 0s, 300ms, 1.0) == 300ms));
  BOOST_TEST((retry_wait(1, 0s, 1s, 1.0) == 500ms));
  BOOST_TEST((retry_wait(1, 0s, 24h, 0.0) == 500ms));
  BOOST_TEST((retry_wait(9, 0s, 100ms, 1.0) == 500ms));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::retry_test
