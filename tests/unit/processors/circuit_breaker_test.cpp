#include "processors/circuit_breaker.hpp"

#include <boost/test/unit_test.hpp>
#include <random>
#include <vector>

#include "processors/http/endpoints.hpp"

namespace kfs::circuit_breaker_test {

using namespace std::chrono_literals;

namespace {

struct breaking {
  using limits = kfs::circuit_breaker;

  std::vector<breaker_state> seen;
  kfs::circuit_breaker breaker{[this](breaker_state state) { seen.push_back(state); }};
  limits::clock::time_point at{1h};

  void fault(std::chrono::milliseconds asked = 0ms) {
    const auto permit = breaker.admit(at);
    BOOST_REQUIRE(permit.has_value());
    breaker.faulted(*permit, at, asked);
  }
  void answer() {
    const auto permit = breaker.admit(at);
    BOOST_REQUIRE(permit.has_value());
    breaker.answered(*permit, at);
  }
  void faults(int count) {
    for (int i = 0; i < count; ++i) fault();
  }
  void open() { faults(limits::longest_run); }
  [[nodiscard]] bool is(breaker_state state) const { return breaker.state() == state; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(circuit_breaker, breaking)

BOOST_AUTO_TEST_CASE(it_opens_after_so_many_faults_in_a_row_and_an_answer_in_between_starts_the_count_anew) {
  faults(limits::longest_run - 1);
  answer();
  faults(limits::longest_run - 1);
  BOOST_TEST(is(breaker_state::closed));
  fault();
  BOOST_TEST(is(breaker_state::open));
  BOOST_TEST(!breaker.admit(at).has_value());
}

BOOST_AUTO_TEST_CASE(a_few_faults_in_a_row_open_it_when_they_last_for_seconds) {
  faults(limits::shortest_run);
  BOOST_TEST(is(breaker_state::closed));
  at += limits::patience;
  fault();
  BOOST_TEST(is(breaker_state::open));
}

BOOST_AUTO_TEST_CASE(fewer_faults_do_not_open_it_however_long_they_last) {
  for (int i = 1; i < limits::shortest_run; ++i, at += 1min) fault();
  BOOST_TEST(is(breaker_state::closed));
}

BOOST_AUTO_TEST_CASE(nine_in_ten_faults_open_it_although_some_requests_are_answered) {
  for (int i = 1; i <= limits::fewest_counted && is(breaker_state::closed); ++i) {
    at += 10ms;
    if (i % 12 == 0)
      answer();
    else
      fault();
    BOOST_TEST(is(i < limits::fewest_counted ? breaker_state::closed : breaker_state::open));
  }
}

BOOST_AUTO_TEST_CASE(faults_of_long_ago_do_not_count) {
  for (int i = 1; i < limits::fewest_counted; ++i) i % 12 == 0 ? answer() : fault();
  answer();
  at += 2 * limits::window;
  faults(limits::shortest_run);
  BOOST_TEST(is(breaker_state::closed));
}

BOOST_AUTO_TEST_CASE(a_third_or_half_of_all_requests_that_fail_never_open_it) {
  std::mt19937 random{14};
  for (const unsigned share : {3U, 2U}) {
    for (int i = 0; i < 100'000; ++i, at += 1ms) {
      if (random() % share == 0)
        fault();
      else
        answer();
    }
  }
  BOOST_TEST(seen.empty());
}

BOOST_AUTO_TEST_CASE(after_the_pause_one_probe_goes_and_its_answer_closes_it) {
  open();
  at += limits::first_pause;
  const auto probe = breaker.admit(at);
  BOOST_REQUIRE(probe.has_value());
  BOOST_TEST(!breaker.admit(at).has_value());
  breaker.answered(*probe, at);
  BOOST_TEST(breaker.admit(at).has_value());
  BOOST_TEST((seen == std::vector{breaker_state::open, breaker_state::half_open, breaker_state::closed}));
}

BOOST_AUTO_TEST_CASE(each_probe_that_fails_doubles_the_pause_up_to_a_bound) {
  open();
  auto pause = limits::first_pause;
  for (int i = 0; i < 8; ++i) {
    BOOST_TEST(breaker.remaining(at).count() == pause.count());
    at += pause;
    fault();
    pause = std::min(2 * pause, limits::longest_pause);
  }
}

BOOST_AUTO_TEST_CASE(an_endpoint_that_asks_for_a_pause_and_answers_nobody_gets_it_at_once) {
  fault(90s);
  BOOST_TEST(breaker.remaining(at).count() == 90'000);
  at += 89s;
  BOOST_TEST(!breaker.admit(at).has_value());
  at += 1s;
  BOOST_TEST(breaker.admit(at).has_value());
}

BOOST_AUTO_TEST_CASE(an_endpoint_that_asks_for_a_pause_while_it_answers_others_does_not_open_it) {
  for (int i = 0; i < 1'000; ++i, at += 10ms) i % 3 == 1 ? fault(90s) : answer();
  BOOST_TEST(seen.empty());
}

BOOST_AUTO_TEST_CASE(the_longest_pause_that_was_asked_for_is_kept_once_the_answers_have_ended) {
  answer();
  fault(90s);
  fault(30s);
  BOOST_TEST(is(breaker_state::closed));
  at += limits::patience;
  fault();
  BOOST_TEST(breaker.remaining(at).count() == 87'000);
}

BOOST_AUTO_TEST_CASE(a_pause_that_was_asked_for_before_an_answer_is_forgotten) {
  fault(0ms);
  answer();
  fault(90s);
  answer();
  open();
  BOOST_TEST((breaker.remaining(at) == limits::first_pause));
}

BOOST_AUTO_TEST_CASE(a_pause_of_a_year_is_not_obeyed) {
  fault(24h * 365);
  BOOST_TEST((breaker.remaining(at) <= limits::longest_asked_pause));
}

BOOST_AUTO_TEST_CASE(what_was_sent_before_it_opened_neither_closes_it_nor_makes_the_pause_longer) {
  const auto early = breaker.admit(at);
  const auto other = breaker.admit(at);
  open();
  breaker.answered(*early, at);
  BOOST_TEST(is(breaker_state::open));
  at += 500ms;
  breaker.faulted(*other, at, 0ms);
  BOOST_TEST(breaker.remaining(at).count() == 500);
}

BOOST_AUTO_TEST_CASE(a_probe_that_is_given_up_leaves_its_place_to_the_next) {
  open();
  at += limits::first_pause;
  breaker.abandoned(*breaker.admit(at), at);
  BOOST_TEST(breaker.admit(at).has_value());
}

BOOST_AUTO_TEST_CASE(one_endpoint_has_one_breaker_and_is_forgotten_with_its_last_owner) {
  std::vector<std::string> told;
  http_endpoints endpoints({}, [&](const std::string& origin, std::optional<breaker_state> state) {
    told.push_back(origin + (state ? " is there" : " is gone"));
  });
  auto one = endpoints.breaker_of("http://a:80");
  auto same = endpoints.breaker_of("http://a:80");
  const auto other = endpoints.breaker_of("http://b:80");
  BOOST_TEST(one.get() == same.get());
  BOOST_TEST(one.get() != other.get());
  one.reset();
  same.reset();
  BOOST_TEST(told == (std::vector<std::string>{"http://a:80 is there", "http://b:80 is there", "http://a:80 is gone"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_condition_of_an_endpoint_is_that_of_its_breaker_and_closed_without_one) {
  http_endpoints endpoints({}, nullptr);
  BOOST_TEST((endpoints.condition_of("http://a:80") == breaker_condition{"http://a:80", breaker_state::closed}));
  auto breaker_of_a = endpoints.breaker_of("http://a:80");
  for (int i = 0; i < limits::longest_run; ++i) breaker_of_a->faulted(*breaker_of_a->admit(at), at, 0ms);
  BOOST_TEST((endpoints.condition_of("http://a:80").state == breaker_state::open));
  BOOST_TEST((endpoints.condition_of("http://b:80").state == breaker_state::closed));
  breaker_of_a.reset();
  BOOST_TEST((endpoints.condition_of("http://a:80").state == breaker_state::closed));
}

BOOST_AUTO_TEST_CASE(to_ask_for_a_condition_makes_no_breaker) {
  int told = 0;
  const http_endpoints endpoints({}, [&](const std::string&, std::optional<breaker_state>) { ++told; });
  BOOST_TEST((endpoints.condition_of("http://a:80").state == breaker_state::closed));
  BOOST_TEST(told == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::circuit_breaker_test
