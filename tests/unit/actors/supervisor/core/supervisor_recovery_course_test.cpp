// What recovery does about faults of one consumer.
#include "actors/supervisor/core/recovery_course.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::supervisor_recovery_course_test {

using namespace std::chrono_literals;

namespace {

struct course_fixture {
  recovery_options options;
  recovery_course::clock::time_point at{1h};
  timestamp wall_clock{1h};

  recovery_course course() { return {options, 7}; }

  static fault_report fault(ec code = ec::topic_missing, fault_source source = fault_source::of_kafka()) {
    return {.code = code, .message = "failed", .source = std::move(source), .at = timestamp{1s}, .attempts = 0};
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(supervisor_recovery_course, course_fixture)

BOOST_AUTO_TEST_CASE(a_fault_announces_an_attempt_that_comes_due) {
  auto now = course();
  const auto found = now.failed(fault(), false, std::nullopt, at, wall_clock);
  BOOST_TEST(found.is_new);
  BOOST_TEST(!found.gave_up);
  BOOST_TEST(now.waits());
  BOOST_REQUIRE(now.report().has_value());
  BOOST_TEST(now.report()->attempt == 1);
  BOOST_TEST((now.report()->next_attempt_at >= wall_clock + options.initial_backoff));
  BOOST_TEST(!now.is_due(at));
  BOOST_TEST(now.is_due(at + options.max_backoff));
}

BOOST_AUTO_TEST_CASE(the_same_fault_again_is_not_new_and_keeps_its_time) {
  auto now = course();
  now.failed(fault(), false, std::nullopt, at, wall_clock);
  auto later = fault();
  later.at = timestamp{9s};
  BOOST_TEST(!now.failed(later, false, std::nullopt, at + 1s, wall_clock).is_new);
  BOOST_TEST((now.fault()->at == timestamp{1s}));
  BOOST_TEST(now.fault()->attempts == 1);
}

BOOST_AUTO_TEST_CASE(what_a_child_tries_itself_is_announced_as_it_says) {
  auto now = course();
  const recovery_report announced{.attempt = 4, .next_attempt_at = wall_clock + 8s};
  now.failed(fault(ec::sink_unavailable, fault_source::of_processor({"p"})), true, announced, at, wall_clock);
  BOOST_TEST(!now.waits());
  BOOST_TEST((now.report() == announced));
}

BOOST_AUTO_TEST_CASE(attempts_end_and_only_a_user_tries_again) {
  options.max_attempts = 2;
  auto now = course();
  for (int attempt = 1; attempt <= 2; ++attempt) {
    BOOST_TEST(!now.failed(fault(), false, std::nullopt, at, wall_clock).gave_up);
    now.begin_attempt();
  }
  BOOST_TEST(now.failed(fault(), false, std::nullopt, at, wall_clock).gave_up);
  BOOST_TEST(now.gave_up());
  BOOST_TEST(!now.report().has_value());
  BOOST_TEST(now.why_final() == "all attempts were made");
  BOOST_TEST(!now.failed(fault(), false, std::nullopt, at, wall_clock).gave_up);  // said once
  now.forget();
  BOOST_TEST(!now.gave_up());
  BOOST_TEST(!now.fault().has_value());
}

BOOST_AUTO_TEST_CASE(a_fatal_code_and_recovery_that_is_switched_off_end_at_once) {
  options.fatal_codes = {ec::topic_missing};
  auto fatal = course();
  BOOST_TEST(fatal.failed(fault(), false, std::nullopt, at, wall_clock).gave_up);
  BOOST_TEST(fatal.why_final() == "topic_missing is one of the fatal codes");
  options = {};
  options.enabled = false;
  auto off = course();
  BOOST_TEST(off.failed(fault(), false, std::nullopt, at, wall_clock).gave_up);
  BOOST_TEST(off.why_final() == "it is switched off");
}

BOOST_AUTO_TEST_CASE(health_ends_a_fault_and_what_was_announced) {
  auto now = course();
  now.failed(fault(), false, std::nullopt, at, wall_clock);
  BOOST_TEST(now.healthy(at + 1s));
  BOOST_TEST(!now.fault().has_value());
  BOOST_TEST(!now.waits());
  BOOST_TEST(!now.healthy(at + 2s));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::supervisor_recovery_course_test
