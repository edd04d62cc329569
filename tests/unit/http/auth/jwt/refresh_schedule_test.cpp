#include "http/auth/jwt/refresh_schedule.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::refresh_schedule_test {

using namespace std::chrono_literals;

namespace {

const refresh_schedule::clock::time_point start{1h};
constexpr refresh_schedule::times chosen{.period = 10min, .first_retry = 1s, .longest_retry = 30s, .between_asks = 30s};

}  // namespace

BOOST_AUTO_TEST_SUITE(refresh_schedule)

BOOST_AUTO_TEST_CASE(the_first_attempt_is_due_at_once_and_the_next_after_the_period) {
  kfs::refresh_schedule schedule(chosen, start);
  BOOST_TEST((schedule.due() == start));
  schedule.succeeded(start + 2s);
  BOOST_TEST((schedule.due() == start + 2s + 10min));
}

BOOST_AUTO_TEST_CASE(waits_after_failures_double_up_to_30_seconds_and_begin_anew) {
  kfs::refresh_schedule schedule(chosen, start);
  for (const auto wait : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
    schedule.failed(start);
    BOOST_TEST((schedule.due() == start + wait));
  }
  schedule.succeeded(start);
  schedule.failed(start);
  BOOST_TEST((schedule.due() == start + 1s));
}

BOOST_AUTO_TEST_CASE(an_attempt_can_be_asked_for_once_in_30_seconds) {
  kfs::refresh_schedule schedule(chosen, start);
  schedule.succeeded(start);
  BOOST_TEST(schedule.ask(start + 1s));
  BOOST_TEST((schedule.due() == start + 1s));
  schedule.succeeded(start + 2s);
  BOOST_TEST(!schedule.ask(start + 31s - 1ms));
  BOOST_TEST((schedule.due() == start + 2s + 10min));
  BOOST_TEST(schedule.ask(start + 31s));
}

BOOST_AUTO_TEST_CASE(asking_does_not_delay_an_attempt) {
  kfs::refresh_schedule schedule(chosen, start);
  BOOST_TEST(schedule.ask(start + 5s));
  BOOST_TEST((schedule.due() == start));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::refresh_schedule_test
