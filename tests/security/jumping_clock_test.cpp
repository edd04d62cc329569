// The wall clock of a server jumps: keys and tokens end when it shows their time, on open streams too, and nothing else
// changes.

#include <boost/test/unit_test.hpp>
#include <iostream>

#include "tests/security/provided_server.hpp"
#include "tests/support/event_stream_client.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/stepped_clock.hpp"

namespace kfs::jumping_clock_test {
namespace {

using namespace kfs::security;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

/// Says on stderr why the suite is skipped.
boost::test_tools::assertion_result clocks_can_be_stepped(boost::unit_test::test_unit_id /*suite*/) {
  if (!test::stepped_clock::is_available()) std::cerr << "skipped, because sanitizers hide the functions of clocks\n";
  return test::stepped_clock::is_available();
}

constexpr const char* rules = R"yaml(
bindings:
  - {group: oncall, role: viewer, tenants: [payments]}
)yaml";

struct clocked_server {
  test::stepped_clock wall;
  provided_server with{rules, wall.environment()};
  guarded_server& server = *with.server;

  /// A key that ends at that distance from now.
  std::string key_for(std::chrono::milliseconds time) {
    const auto made = server.as_admin(
        "POST", "/api-keys",
        json{{"name", "k"}, {"role", "viewer"}, {"tenants", {"payments"}}, {"expires_at", to_rfc3339(now() + time)}});
    BOOST_TEST_REQUIRE(made.status == 201, made.body);
    return made.parsed().at("key").get<std::string>();
  }
  /// A token with times at these distances from now.
  [[nodiscard]] std::string token_for(std::chrono::seconds end, std::chrono::seconds begin, const char* name) const {
    const auto at = std::chrono::duration_cast<std::chrono::seconds>(now().time_since_epoch());
    return with.token({{"exp", (at + end).count()}, {"nbf", (at + begin).count()}, {"jti", name}});
  }
  void answers(const std::string& token, long status, const char* when) const {
    BOOST_TEST(with.status(token) == status, when);
  }
  test::event_stream_client stream_of(const std::string& token) {
    return {server.process().port(), "/consumers/" + server.consumer("payments") + "/events",
            "Accept: text/event-stream\r\nAuthorization: Bearer " + token + "\r\n"};
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(jumping_clock, *boost::unit_test::precondition(clocks_can_be_stepped))

BOOST_FIXTURE_TEST_CASE(a_key_ends_when_the_clock_shows_its_time_and_other_keys_stay, clocked_server) {
  const auto hour = key_for(1h);
  const auto endless = server.key("viewer", {"payments"});
  answers(hour, 200, "at first");
  wall.step_to(61min);
  answers(hour, 401, "an hour ahead");
  answers(endless, 200, "a key without an end, an hour ahead");
  wall.step_to(10 * 365 * 24h);
  answers(endless, 200, "a key without an end, ten years ahead: the grace of the store does not end with the clock");
  wall.step_to(-10 * 24h);
  answers(hour, 200, "ten days back");
  answers(endless, 200, "a key without an end, ten days back");
  wall.step_to(0ns);
  answers(hour, 200, "the right time again");
}

BOOST_FIXTURE_TEST_CASE(a_revoked_key_is_refused_in_two_seconds_whatever_the_clock_shows, clocked_server) {
  const auto key = server.key("viewer", {"payments"});
  const auto id = key.substr(4, key.find('_', 4) - 4);
  answers(key, 200, "at first");
  wall.step_to(-10 * 24h);
  BOOST_TEST(server.as_admin("DELETE", "/api-keys/" + id).status == 204);
  const auto revoked = clock::now();
  BOOST_TEST(test::eventually(5s, [&] { return with.status(key) == 401; }));
  BOOST_TEST((clock::now() - revoked < 2s));
}

BOOST_FIXTURE_TEST_CASE(a_token_holds_within_its_times_and_the_leeway_of_a_minute, clocked_server) {
  const auto first = token_for(30s, -30s, "first");
  answers(first, 200, "at first");
  wall.step_to(80s);
  answers(first, 200, "ended, within the leeway");
  wall.step_to(100s);
  answers(first, 401, "beyond the leeway, although it was verified seconds ago");
  wall.step_to(0ns);
  answers(first, 200, "the right time again");
  wall.step_to(-80s);
  answers(token_for(30s, -30s, "second"), 200, "not begun yet, within the leeway");
  wall.step_to(-100s);
  answers(token_for(30s, -30s, "third"), 401, "not begun yet, beyond the leeway");
}

BOOST_FIXTURE_TEST_CASE(a_stream_ends_when_its_key_or_token_does, clocked_server) {
  auto of_key = stream_of(key_for(1h));
  auto of_token = stream_of(token_for(3'600s, -30s, "t"));
  auto of_admin = stream_of(admin_key);
  for (auto* stream : {&of_key, &of_token, &of_admin})
    BOOST_TEST(stream->head().find(" 200 ") != std::string::npos, stream->head());
  wall.step_to(62min);
  const auto stepped = clock::now();
  BOOST_TEST(of_key.ends_in_order());
  BOOST_TEST(of_token.ends_in_order());
  BOOST_TEST((clock::now() - stepped < 3s));
  of_admin.wait_for_heartbeat();
}

BOOST_FIXTURE_TEST_CASE(a_stream_ends_when_the_time_of_its_key_has_come, clocked_server) {
  auto stream = stream_of(key_for(2s));
  const auto began = clock::now();
  BOOST_TEST(stream.head().find(" 200 ") != std::string::npos);
  BOOST_TEST(stream.ends_in_order());
  BOOST_TEST((clock::now() - began < 5s));
  BOOST_TEST((clock::now() - began > 1s));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::jumping_clock_test
