#include "actors/consumer/core/ending_course.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::ending_course_test {

using namespace std::chrono_literals;

namespace {

using step = kfs::ending_course::step;

struct begun_ending {
  kfs::ending_course course;
  kfs::ending_course::clock::time_point at{1h};
  kfs::ending_course::situation now;

  begun_ending() { course.begin(10s, at); }
  step next() { return course.next(now, at); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(ending_course, begun_ending)

BOOST_AUTO_TEST_CASE(the_client_closes_once_everything_is_settled) {
  now.idle = now.settled = false;
  BOOST_TEST((next() == step::wait));
  now.idle = true;
  BOOST_TEST((next() == step::commit));
  now.settled = true;
  BOOST_TEST((next() == step::commit_and_close));
}

BOOST_AUTO_TEST_CASE(a_group_that_is_being_joined_is_waited_for_no_longer_than_its_bound) {
  now.may_leave = false;
  BOOST_TEST((next() == step::commit));
  at += kfs::ending_course::joining_bound;
  BOOST_TEST((next() == step::commit_and_close));
}

BOOST_AUTO_TEST_CASE(what_is_hopeless_or_overdue_is_not_waited_for) {
  now.idle = now.settled = false;
  now.hopeless = true;
  BOOST_TEST((next() == step::commit_and_close));
  now.hopeless = false;
  at += 10s;
  BOOST_TEST((next() == step::commit_and_close));
}

BOOST_AUTO_TEST_CASE(what_fails_is_waited_for_no_longer_than_its_bound) {
  now.idle = now.settled = false;
  now.failing = true;
  BOOST_TEST((next() == step::wait));
  at += kfs::ending_course::failing_bound - 1ms;
  BOOST_TEST((next() == step::wait));
  now.failing = false;
  BOOST_TEST((next() == step::wait));
  now.failing = true;
  at += 1ms;
  BOOST_TEST((next() == step::wait));
  at += kfs::ending_course::failing_bound;
  BOOST_TEST((next() == step::commit_and_close));
}

BOOST_AUTO_TEST_CASE(a_group_that_cannot_be_joined_because_kafka_fails_is_waited_for_no_longer_than_that_bound) {
  now.may_leave = false;
  now.failing = true;
  BOOST_TEST((next() == step::commit));
  at += kfs::ending_course::failing_bound;
  BOOST_TEST((next() == step::commit_and_close));
}

BOOST_AUTO_TEST_CASE(closing_has_less_time_when_the_stop_time_out_is_over) {
  auto late = course;
  course.close(at);
  BOOST_TEST(!course.overdue(at + kfs::ending_course::overdue_closing_bound));
  BOOST_TEST(course.overdue(at + kfs::ending_course::closing_bound));
  at += 10s;
  late.close(at);
  BOOST_TEST(late.overdue(at + kfs::ending_course::overdue_closing_bound));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::ending_course_test
