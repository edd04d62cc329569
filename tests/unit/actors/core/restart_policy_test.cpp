#include "actors/core/restart_policy.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::restart_policy_test {

using namespace std::chrono_literals;

namespace {

const restart_policy::clock::time_point start{1h};

recovery_options at_most(std::int64_t attempts) {
  recovery_options options;
  options.max_attempts = attempts;
  return options;
}

recovery_options switched_off() {
  recovery_options options;
  options.enabled = false;
  return options;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(restart_policy)

BOOST_AUTO_TEST_CASE(delays_lie_between_the_initial_back_off_and_a_doubling_ceiling) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    kfs::restart_policy policy({}, seed);
    for (int attempt = 0; attempt < 10; ++attempt) {
      const auto wait = policy.failed(start);
      BOOST_REQUIRE(wait.has_value());
      BOOST_TEST(*wait >= 1s);
      BOOST_TEST(*wait <= std::min<std::chrono::milliseconds>(60s, 1s * (1 << attempt)));
    }
  }
}

BOOST_AUTO_TEST_CASE(consumers_that_failed_together_do_not_try_again_together) {
  kfs::restart_policy first({}, 1);
  kfs::restart_policy second({}, 2);
  bool differed = false;
  for (int attempt = 0; attempt < 8; ++attempt) differed |= first.failed(start) != second.failed(start);
  BOOST_TEST(differed);
}

BOOST_AUTO_TEST_CASE(it_gives_up_after_the_last_attempt) {
  kfs::restart_policy policy(at_most(2), 1);
  BOOST_TEST(policy.failed(start).has_value());
  BOOST_TEST(policy.failed(start).has_value());
  BOOST_TEST(!policy.failed(start).has_value());
  BOOST_TEST(policy.attempts() == 2);
}

BOOST_AUTO_TEST_CASE(a_disabled_recovery_makes_no_attempt) {
  kfs::restart_policy policy(switched_off(), 1);
  BOOST_TEST(!policy.failed(start).has_value());
}

BOOST_AUTO_TEST_CASE(a_minute_of_health_resets_the_attempts) {
  kfs::restart_policy policy({}, 1);
  policy.failed(start);
  policy.failed(start);
  policy.healthy(start + 1s);
  policy.healthy(start + 60s);
  BOOST_TEST(policy.attempts() == 2);
  policy.healthy(start + 61s);
  BOOST_TEST(policy.attempts() == 0);
}

BOOST_AUTO_TEST_CASE(the_minute_of_health_begins_again_after_a_failure) {
  kfs::restart_policy policy({}, 1);
  policy.failed(start);
  policy.healthy(start);
  policy.failed(start + 30s);
  policy.healthy(start + 40s);
  policy.healthy(start + 70s);
  BOOST_TEST(policy.attempts() == 2);
}

BOOST_AUTO_TEST_CASE(a_users_start_resets_the_attempts) {
  kfs::restart_policy policy(at_most(1), 1);
  policy.failed(start);
  policy.reset();
  BOOST_TEST(policy.failed(start).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::restart_policy_test
