#include "actors/core/history/arrivals.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::log_arrivals_test {

using namespace std::chrono_literals;

namespace {

const log_arrivals::clock::time_point start{10h};

double seconds(const std::optional<std::chrono::duration<double>>& age) {
  return age ? age->count() : -1;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(log_arrivals)

BOOST_AUTO_TEST_CASE(an_age_is_right_to_a_quarter_at_any_age_within_the_hour) {
  kfs::log_arrivals arrivals;
  // A hundred records a second.
  auto at = start;
  for (; at <= start + 3h; at += 5s) {
    arrivals.add(at, (at - start) / 10ms);
    BOOST_TEST_REQUIRE(arrivals.samples() <= 60U);
  }
  at -= 5s;
  for (const auto age : {0s, 1s, 5s, 30s, 120s, 600s, 1'800s, 3'500s}) {
    const auto told = seconds(arrivals.age_of((at - age - start) / 10ms, at));
    const auto right = std::chrono::duration<double>(age).count();
    BOOST_TEST(std::abs(told - right) <= right / 4 + 5, told << " instead of " << right);
  }
}

BOOST_AUTO_TEST_CASE(a_record_that_waits_alone_grows_old_from_when_it_came) {
  kfs::log_arrivals arrivals;
  for (auto at = 0s; at <= 100s; at += 5s) arrivals.add(start + at, 10);
  for (auto at = 105s; at <= 1'000s; at += 5s) {
    arrivals.add(start + at, 11);
    const auto told = seconds(arrivals.age_of(10, start + at));
    const auto right = std::chrono::duration<double>(at - 105s).count();
    BOOST_TEST(std::abs(told - right) <= right / 4 + 5.1, told << " at " << right);
  }
}

BOOST_AUTO_TEST_CASE(what_was_there_before_is_of_unknown_age_and_an_end_that_is_reached_of_none) {
  kfs::log_arrivals arrivals;
  BOOST_TEST(!arrivals.age_of(0, start).has_value());
  arrivals.add(start, 10);
  BOOST_TEST(!arrivals.age_of(9, start + 5s).has_value());
  BOOST_TEST(seconds(arrivals.age_of(10, start + 5s)) == 0);
  BOOST_TEST(seconds(arrivals.age_of(12, start + 5s)) == 0);
}

BOOST_AUTO_TEST_CASE(a_log_that_goes_back_begins_anew) {
  kfs::log_arrivals arrivals;
  arrivals.add(start, 10);
  arrivals.add(start + 5s, 20);
  arrivals.add(start + 10s, 3);
  BOOST_TEST(arrivals.samples() == 1U);
  BOOST_TEST(!arrivals.age_of(2, start + 10s).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::log_arrivals_test
