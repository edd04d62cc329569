// Consumers that do not respond, or do not end.
#include <algorithm>

#include "tests/unit/actors/supervisor/supervisor_fixture.hpp"

namespace kfs::supervisor_watch_test {

using namespace std::chrono_literals;

namespace {

/// A consumer that does nothing at all: one whose thread is stuck. (CAF 0.17 binds a null pointer to a reference where
/// there is no argument.)
consumer_actor::behavior_type stuck(consumer_actor::pointer self, int) {
  return {
      [](wake_atom) {},
      [](flush_atom) {},
      [](tick_atom) {},
      [](observed_atom, const processor_report&) {},
      [](retry_atom) {},
      [](pause_atom, const paused_partitions&) { return done{}; },
      [self](drain_atom, departure) -> caf::result<done> { return self->make_response_promise<done>(); },
  };
}

struct watch_fixture : test::supervisor_fixture {
  std::shared_ptr<pulse> beats;
  consumer_actor child;
  std::function<void(observation_ptr)> observe;

  watch_fixture() {
    start_consumer = [this](caf::actor_system& in, consumer_environment environment) {
      beats = environment.beats;
      observe = environment.observe;
      child = in.spawn(stuck, 0);
      return child;
    };
  }

  ~watch_fixture() {
    caf::anon_send_exit(child, caf::exit_reason::kill);
    run();
  }

  void pass(int seconds) {
    for (int second = 0; second < seconds; ++second) advance(1s);
  }

  /// As a consumer does at its ticks.
  void responds() { beats->beat(system().clock().now()); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(supervisor_watch, watch_fixture)

BOOST_AUTO_TEST_CASE(a_consumer_that_does_not_respond_is_an_error_that_says_so) {
  begin({spec});
  pass(14);
  BOOST_TEST((status() == consumer_status::active));
  pass(3);
  BOOST_REQUIRE((status() == consumer_status::error));
  BOOST_TEST((view()->last_error->code == ec::actor_stuck));
  BOOST_TEST(to_string(view()->last_error->source) == "supervisor");
}

BOOST_AUTO_TEST_CASE(a_consumer_that_responds_is_not_an_error) {
  begin({spec});
  for (int round = 0; round < 30; ++round) {
    responds();
    pass(4);
  }
  BOOST_TEST((status() == consumer_status::active));
}

BOOST_AUTO_TEST_CASE(it_is_well_again_when_it_responds_and_says_so) {
  begin({spec});
  pass(20);
  responds();
  observation well;
  well.healthy = true;
  observe(std::make_shared<const observation>(well));
  run();
  BOOST_TEST((status() == consumer_status::active));
  BOOST_TEST(!view()->last_error.has_value());
}

BOOST_AUTO_TEST_CASE(an_end_that_takes_far_longer_than_its_bound_is_an_error) {
  spec.options = json{{"stop_timeout_ms", 1'000}};
  begin({spec});
  const auto stopped = stop();
  pass(8);
  BOOST_TEST((status() == consumer_status::active));
  pass(3);
  BOOST_REQUIRE((status() == consumer_status::error));
  BOOST_TEST((view()->last_error->code == ec::actor_stuck));
  BOOST_TEST(!stopped->value.has_value());
  caf::anon_send_exit(child, caf::exit_reason::kill);
  run();
  BOOST_TEST((status() == consumer_status::inactive));
  BOOST_TEST(!view()->last_error.has_value());
  BOOST_TEST(stopped->value.has_value());
}

BOOST_AUTO_TEST_CASE(an_end_has_the_bound_of_what_runs_and_not_of_what_replaces_it) {
  begin({spec});  // with the ten seconds of the default
  auto changed = spec;
  changed.rev.value += 1;
  changed.options = json{{"stop_timeout_ms", 500}};
  const auto updated = update(changed);
  pass(12);
  BOOST_TEST((status() == consumer_status::active));
  BOOST_TEST(!updated->value.has_value());
  pass(8);
  BOOST_TEST((status() == consumer_status::error));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::supervisor_watch_test
