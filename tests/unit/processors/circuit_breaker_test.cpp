#include "processors/circuit_breaker.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

#include "processors/http/endpoints.hpp"

namespace kfs::circuit_breaker_test {

using namespace std::chrono_literals;

namespace {

struct breaking {
  std::vector<breaker_state> seen;
  circuit_breaker breaker{[this](breaker_state state) { seen.push_back(state); }};
  circuit_breaker::clock::time_point at{1h};

  void fault(std::chrono::milliseconds pause = 0ms) {
    const auto permit = breaker.admit(at);
    BOOST_REQUIRE(permit.has_value());
    breaker.faulted(*permit, at, pause);
  }
  void open() {
    for (int i = 0; i < circuit_breaker::faults_to_open; ++i) fault();
  }
  [[nodiscard]] bool is(breaker_state state) const { return breaker.state() == state; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(circuit_breaker, breaking)

BOOST_AUTO_TEST_CASE(it_opens_after_so_many_faults_in_a_row_and_an_answer_in_between_starts_the_count_anew) {
  for (int i = 1; i < kfs::circuit_breaker::faults_to_open; ++i) fault();
  breaker.answered(*breaker.admit(at));
  for (int i = 1; i < kfs::circuit_breaker::faults_to_open; ++i) fault();
  BOOST_TEST(is(breaker_state::closed));
  fault();
  BOOST_TEST(is(breaker_state::open));
  BOOST_TEST(!breaker.admit(at).has_value());
}

BOOST_AUTO_TEST_CASE(after_the_pause_one_probe_goes_and_its_answer_closes_it) {
  open();
  at += kfs::circuit_breaker::first_pause;
  const auto probe = breaker.admit(at);
  BOOST_REQUIRE(probe.has_value());
  BOOST_TEST(!breaker.admit(at).has_value());
  breaker.answered(*probe);
  BOOST_TEST(breaker.admit(at).has_value());
  BOOST_TEST((seen == std::vector{breaker_state::open, breaker_state::half_open, breaker_state::closed}));
}

BOOST_AUTO_TEST_CASE(each_probe_that_fails_doubles_the_pause_up_to_a_bound) {
  open();
  auto pause = kfs::circuit_breaker::first_pause;
  for (int i = 0; i < 8; ++i) {
    BOOST_TEST(breaker.remaining(at).count() == pause.count());
    at += pause;
    fault();
    pause = std::min(2 * pause, kfs::circuit_breaker::longest_pause);
  }
}

BOOST_AUTO_TEST_CASE(an_endpoint_that_asks_for_a_pause_gets_it_at_once) {
  fault(90s);
  BOOST_TEST(breaker.remaining(at).count() == 90'000);
  at += 89s;
  BOOST_TEST(!breaker.admit(at).has_value());
  at += 1s;
  BOOST_TEST(breaker.admit(at).has_value());
}

BOOST_AUTO_TEST_CASE(a_pause_of_a_year_is_not_obeyed) {
  fault(24h * 365);
  BOOST_TEST((breaker.remaining(at) <= kfs::circuit_breaker::longest_asked_pause));
}

BOOST_AUTO_TEST_CASE(what_was_sent_before_it_opened_neither_closes_it_nor_makes_the_pause_longer) {
  const auto early = breaker.admit(at);
  const auto other = breaker.admit(at);
  open();
  breaker.answered(*early);
  BOOST_TEST(is(breaker_state::open));
  at += 500ms;
  breaker.faulted(*other, at, 0ms);
  BOOST_TEST(breaker.remaining(at).count() == 500);
}

BOOST_AUTO_TEST_CASE(a_probe_that_is_given_up_leaves_its_place_to_the_next) {
  open();
  at += kfs::circuit_breaker::first_pause;
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
  for (int i = 0; i < kfs::circuit_breaker::faults_to_open; ++i)
    breaker_of_a->faulted(*breaker_of_a->admit(at), at, 0ms);
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
