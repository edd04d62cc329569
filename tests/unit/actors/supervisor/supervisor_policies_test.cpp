// What the supervisor does about faults, as settings and options say, and what it tells of it.
#include <algorithm>

#include "tests/unit/actors/supervisor/supervisor_fixture.hpp"

namespace kfs::supervisor_policies_test {

using namespace std::chrono_literals;
using test::connected;

namespace {

struct policies_fixture : test::supervisor_fixture {
  /// The child tells of a fault of its processor.
  void processor_fails(ec code, std::int64_t attempts, std::uint64_t incarnation = 1) {
    observation seen;
    seen.fault = fault_report{.code = code,
                              .message = "the disk is full",
                              .source = fault_source::of_processor({"p"}),
                              .at = now(),
                              .attempts = attempts};
    seen.recovery = recovery_report{.attempt = attempts + 1, .next_attempt_at = now()};
    caf::anon_send(supervisor, observed_atom::value, spec.id, incarnation,
                   observation_ptr(std::make_shared<const observation>(std::move(seen))));
    run();
  }

  std::vector<std::string> kinds() {
    std::vector<std::string> found;
    for (const auto& event : events()) found.emplace_back(to_string(event.kind));
    return found;
  }

  bool has(event_kind kind) {
    return std::ranges::any_of(events(), [kind](const auto& event) { return event.kind == kind; });
  }

  void long_after() {
    for (int minute = 0; minute < 5; ++minute) advance(60s);
    settle();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(supervisor_policies, policies_fixture)

BOOST_AUTO_TEST_CASE(a_fatal_code_of_the_options_ends_recovery_at_once) {
  spec.options = json{{"recovery", {{"fatal_codes", json::array({"topic_missing"})}}}};
  begin({spec});
  bring(kafka_fault{{ec::topic_missing, "no such topic"}, false});
  long_after();
  BOOST_TEST((status() == consumer_status::error));
  BOOST_TEST((view()->last_error->code == ec::topic_missing));
  BOOST_TEST(!view()->recovery.has_value());
  BOOST_TEST(kafka.made.size() == 1u);
  BOOST_TEST(has(event_kind::gave_up));
}

BOOST_AUTO_TEST_CASE(other_codes_are_worth_waiting_for) {
  spec.options = json{{"recovery", {{"fatal_codes", json::array({"authentication_failed"})}}}};
  begin({spec});
  bring(kafka_fault{{ec::topic_missing, "no such topic"}, false});
  long_after();
  BOOST_TEST(kafka.made.size() > 1u);
  BOOST_TEST(view()->restarts >= 1);
  BOOST_TEST(has(event_kind::restarted));
}

BOOST_AUTO_TEST_CASE(the_settings_hold_where_the_options_say_nothing) {
  policies.recovery.fatal_codes = {ec::authorization_failed};
  begin({spec});
  bring(kafka_fault{{ec::authorization_failed, "denied"}, false});
  long_after();
  BOOST_TEST(kafka.made.size() == 1u);
  BOOST_TEST(view()->policies.recovery.is_fatal(ec::authorization_failed));
}

BOOST_AUTO_TEST_CASE(the_options_win_over_the_settings) {
  policies.recovery.fatal_codes = {ec::topic_missing};
  spec.options = json{{"recovery", {{"fatal_codes", json::array()}}}};
  begin({spec});
  bring(kafka_fault{{ec::topic_missing, "no such topic"}, false});
  long_after();
  BOOST_TEST(kafka.made.size() > 1u);
}

BOOST_AUTO_TEST_CASE(a_changed_policy_holds_for_a_consumer_that_had_given_up) {
  spec.options = json{{"recovery", {{"fatal_codes", json::array({"topic_missing"})}}}};
  begin({spec});
  bring(kafka_fault{{ec::topic_missing, "no such topic"}, false});
  settle();
  auto changed = spec;
  changed.rev.value += 1;
  changed.options = json::object();
  update(changed);
  settle();
  bring(kafka_fault{{ec::topic_missing, "no such topic"}, false});
  const auto before = kafka.made.size();
  long_after();
  BOOST_TEST(kafka.made.size() > before);
}

BOOST_AUTO_TEST_CASE(a_processor_at_the_end_of_the_attempts_ends_recovery) {
  spec.options = json{{"recovery", {{"max_attempts", 3}}}};
  begin({spec});
  for (int attempts = 1; attempts <= 3; ++attempts) {
    processor_fails(ec::sink_unavailable, attempts);
    BOOST_TEST(view()->recovery.has_value());
  }
  processor_fails(ec::sink_unavailable, 4);
  settle();
  BOOST_TEST((status() == consumer_status::error));
  BOOST_TEST(!view()->recovery.has_value());
  BOOST_TEST(kafka.made.front()->destroyed);
}

BOOST_AUTO_TEST_CASE(a_processor_that_is_replaced_uses_up_no_attempt) {
  spec.options = json{{"recovery", {{"max_attempts", 1}}}};
  begin({spec});
  processor_fails(ec::actor_died, 2);
  processor_fails(ec::actor_stuck, 3);
  BOOST_TEST(!has(event_kind::gave_up));
  processor_fails(ec::sink_unavailable, 2);
  BOOST_TEST(has(event_kind::gave_up));
}

BOOST_AUTO_TEST_CASE(with_recovery_switched_off_the_first_fault_of_a_processor_is_the_last) {
  spec.options = json{{"recovery", {{"enabled", false}}}};
  begin({spec});
  processor_fails(ec::sink_unavailable, 1);
  long_after();
  BOOST_TEST((status() == consumer_status::error));
  BOOST_TEST(kafka.made.size() == 1u);
  BOOST_TEST(((*start()->value)->status == consumer_status::active));
}

BOOST_AUTO_TEST_CASE(what_happened_is_in_the_events_and_since_when_the_status_holds_is_told) {
  begin({spec});
  const auto before = view()->status_since;
  bring(kafka_fault{{ec::topic_missing, "no such topic"}, false});
  BOOST_TEST((view()->status_since >= before));
  BOOST_TEST((view()->state == consumer_state::error));
  bring(partitions_assigned{{0}});
  bring(partition_end{0, offset{0}});
  bring(connected);
  stop();
  settle();
  const std::vector<std::string> expected{"loaded",
                                          "state_changed",        // stopped to starting
                                          "failed",               // no such topic
                                          "state_changed",        // starting to error
                                          "partitions_assigned",  //
                                          "recovered",
                                          "state_changed",  // error to running
                                          "stop_requested",
                                          "state_changed",
                                          "partitions_revoked",
                                          "state_changed"};
  BOOST_TEST(kinds() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_revision_that_runs_is_told_apart_from_the_wanted_one) {
  begin({spec});
  BOOST_TEST((view()->observed == spec.rev));
  auto changed = spec;
  changed.rev.value += 1;
  changed.options = json{{"stop_timeout_ms", 5'000}};
  latest().closes = false;
  const auto asked = update(changed);
  BOOST_TEST(!asked->value.has_value());
  BOOST_TEST((view()->spec->rev == changed.rev));
  BOOST_TEST((view()->observed == spec.rev));
  for (int second = 0; second < 10; ++second) advance(1s);
  BOOST_TEST((view()->observed == changed.rev));
  stop();
  settle();
  BOOST_TEST(!view()->observed.has_value());
}

BOOST_AUTO_TEST_CASE(the_events_of_a_deleted_consumer_end) {
  begin({spec});
  const auto log = changes->find(spec.id);
  bool closed = false;
  const auto followed = log->follow(
      0, [](const consumer_event&) {}, [&] { closed = true; });
  remove();
  settle();
  BOOST_TEST(closed);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::supervisor_policies_test
