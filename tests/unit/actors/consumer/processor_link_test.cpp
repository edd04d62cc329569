// A consumer and its processors when those end, hang or do not answer.
#include "actors/consumer/processor_link.hpp"

#include <algorithm>
#include <map>

#include "tests/unit/actors/consumer/consumer_fixture.hpp"
#include "tests/unit/actors/processor/metric_value.hpp"
#include "tests/unit/actors/processor/processor_fixture.hpp"
#include "tests/unit/doubles/faulty_processor.hpp"

namespace kfs::processor_link_test {

using namespace std::chrono_literals;

namespace {

/// Keeps what it is asked until it is let go on, and shows that it is at work: a processor whose sink hangs.
processor_actor::behavior_type hanging(processor_actor::pointer self, const std::shared_ptr<work_gauge>& gauge) {
  const auto hang = [self, gauge] { gauge->alive(self->clock().now()); };
  return {
      [=](deliver_atom, batch_ptr&) -> caf::result<done> {
        hang();
        return self->make_response_promise<done>();
      },
      [=](locate_atom, record_source_ptr&, partition_numbers& partitions) -> caf::result<sink_positions> {
        return std::make_shared<const std::vector<std::optional<stored_position>>>(partitions->size());
      },
      [=](start_atom, record_source_ptr&, sink_starts&) -> caf::result<done> { return done{}; },
      [=](health_atom) -> caf::result<done> { return done{}; },
      [=](drain_atom) -> caf::result<done> { return done{}; },
      [](retry_atom) {},
  };
}

/// A consumer with one scripted processor. Every sink that is made works on the same script, as sinks of one file do.
struct link_fixture : test::consumer_fixture {
  std::shared_ptr<test::sink_script> script = std::make_shared<test::sink_script>();
  sink_type scripted;
  std::vector<processor_actor> started;
  std::shared_ptr<work_gauge> gauge;  ///< of the latest that hangs

  link_fixture() {
    spec.processors.push_back({.id = {"p"}, .type = "scripted", .config = {}, .created_at = {}, .updated_at = {}});
    scripted.make = [this](const consumer_spec&, const processor_spec&, const sink_environment&, const lifeline&, int) {
      return std::make_unique<test::scripted_sink>(script);
    };
    find_type = [this](std::string_view) { return &scripted; };
    start_processor = [this](caf::actor_system& in, processor_environment environment) {
      started.push_back(spawn_processor(in, std::move(environment)));
      return started.back();
    };
  }

  ~link_fixture() {
    for (const auto& one : started) caf::anon_send_exit(one, caf::exit_reason::kill);
    run();
  }

  /// The first so many processors hang; a gauge that is not `shown` tells nobody.
  void with_hanging(std::size_t many, bool shown = true) {
    start_processor = [this, many, shown](caf::actor_system& in, processor_environment environment) {
      gauge = shown ? environment.gauge : std::make_shared<work_gauge>();
      started.push_back(started.size() < many ? in.spawn(hanging, gauge) : spawn_processor(in, std::move(environment)));
      return started.back();
    };
  }

  void begin_reading() {
    begin();
    assign({0});
  }

  void read(std::int64_t from, std::int64_t next) {
    client().bring(test::records(0, from, next));
    wake();
  }

  void kill_processor() {
    caf::anon_send_exit(started.back(), caf::exit_reason::kill);
    run();
  }

  std::vector<std::int64_t> committed() {
    std::vector<std::int64_t> found;
    for (const auto& one : client().committed) found.push_back(one.front().position.value);
    return found;
  }

  std::vector<std::string> kinds_of_events() const {
    std::vector<std::string> found;
    for (const auto& event : events->after()) found.emplace_back(to_string(event.kind));
    return found;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(processor_link, link_fixture)

BOOST_AUTO_TEST_CASE(a_processor_that_is_killed_is_replaced_and_is_handed_again_what_it_had_not_answered) {
  script->failures = {{ec::sink_unavailable, "away"}};
  begin_reading();
  read(0, 3);
  BOOST_TEST(script->written.empty());
  kill_processor();
  BOOST_TEST(started.size() == 2u);
  BOOST_TEST(script->written.size() == 3u);
  advance(1s);
  BOOST_TEST(committed() == std::vector<std::int64_t>{3}, boost::test_tools::per_element());
  BOOST_TEST(!ended);
  BOOST_TEST(!seen->fault.has_value());
  BOOST_TEST(seen->processors.front().restarts == 1);
  BOOST_TEST(test::metric_value(measured, "kafka_fetcher_processor_restarts_total") == "1");
}

BOOST_AUTO_TEST_CASE(batches_are_handed_again_in_their_order) {
  script->failures = {{ec::sink_unavailable, "away"}};
  begin_reading();
  read(0, 2);
  read(2, 5);
  kill_processor();
  BOOST_REQUIRE(script->offered.size() == 3u);
  BOOST_TEST(script->offered[1] == (std::vector<std::int64_t>{0, 1}), boost::test_tools::per_element());
  BOOST_TEST(script->offered[2] == (std::vector<std::int64_t>{2, 3, 4}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_replaced_processor_is_an_error_until_its_sink_opens) {
  begin_reading();
  script->cannot_open = error{ec::sink_denied, "forbidden"};
  kill_processor();
  BOOST_REQUIRE(seen->fault.has_value());
  BOOST_TEST(to_string(seen->fault->source) == "processor:p");
  BOOST_TEST((seen->processors.front().state == processor_state::backing_off));
  script->cannot_open.reset();
  advance(2s);
  BOOST_TEST(!seen->fault.has_value());
  BOOST_TEST((seen->processors.front().state == processor_state::running));
}

BOOST_AUTO_TEST_CASE(an_exception_of_a_sink_ends_its_processor_which_is_replaced) {
  begin_reading();
  script->throws = true;
  read(0, 1);
  BOOST_TEST(started.size() == 4u);  // it throws again and again
  for (int second = 0; second < 6; ++second) advance(1s);
  BOOST_TEST(ended);
  BOOST_REQUIRE(ended_by.has_value());
  BOOST_TEST((ended_by->code == ec::actor_died));
  BOOST_TEST(ended_by->message.find("the disk caught fire") != std::string::npos);
  BOOST_TEST(ended_by->message.find("more often than 3 times") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(ends_that_are_far_apart_never_end_the_consumer) {
  begin_reading();
  for (int i = 0; i < 12; ++i) {
    kill_processor();
    for (int second = 0; second < 25; ++second) advance(1s);
  }
  BOOST_TEST(!ended);
  BOOST_TEST(started.size() == 13u);
  read(0, 2);
  BOOST_TEST(script->written.size() == 2u);
}

BOOST_AUTO_TEST_CASE(how_often_is_an_option) {
  spec.options = {{"recovery", {{"processor_restarts", 0}}}};
  begin_reading();
  kill_processor();
  for (int second = 0; second < 6; ++second) advance(1s);
  BOOST_TEST(ended);
  BOOST_TEST(started.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_processor_that_ends_without_a_reason_is_replaced_too) {
  begin_reading();
  caf::anon_send(started.back(), drain_atom::value);
  run();
  BOOST_TEST(started.size() == 2u);
  const auto told = events->after();
  BOOST_TEST(std::ranges::any_of(told, [](const auto& event) {
    return event.kind == event_kind::processor_restarted && event.message.find("nobody asked") != std::string::npos;
  }));
}

BOOST_AUTO_TEST_CASE(what_a_replaced_processor_still_tells_is_dropped) {
  begin_reading();
  kill_processor();
  caf::anon_send(consumer, observed_atom::value,
                 processor_report{.id = {"p"},
                                  .type = "scripted",
                                  .incarnation = 1,
                                  .fault = fault_report{.code = ec::sink_denied,
                                                        .message = "of one that is gone",
                                                        .source = fault_source::of_processor({"p"}),
                                                        .at = now()},
                                  .recovery = {}});
  run();
  BOOST_TEST(!seen->fault.has_value());
}

BOOST_AUTO_TEST_CASE(a_processor_that_hangs_is_said_to_be_stuck_and_replaced_when_it_comes_back) {
  with_hanging(1);
  spec.options = {{"recovery", {{"processor_timeout_ms", 20'000}}}};
  begin_reading();
  read(0, 3);
  for (int second = 0; second < 19; ++second) advance(1s);
  BOOST_TEST((seen->processors.front().state == processor_state::running));
  BOOST_TEST(seen->processors.front().in_flight_records == 3);
  for (int second = 0; second < 4; ++second) advance(1s);
  // The test's processor dies of the kill at once, as one does that comes back from its sink.
  BOOST_TEST(started.size() == 2u);
  BOOST_TEST(script->written.size() == 3u);
  BOOST_TEST((seen->processors.front().state == processor_state::running));
  const auto told = events->after();
  BOOST_TEST(std::ranges::any_of(told, [](const auto& event) {
    return event.code == ec::actor_stuck && event.message.find("without a sign of life") != std::string::npos;
  }));
}

BOOST_AUTO_TEST_CASE(a_processor_that_drops_what_it_was_asked_is_replaced) {
  with_hanging(1, false);
  begin_reading();
  read(0, 3);
  for (int second = 0; second < 62; ++second) advance(1s);
  BOOST_TEST(script->written.size() == 3u);
  const auto told = events->after();
  BOOST_TEST(std::ranges::any_of(
      told, [](const auto& event) { return event.message.find("acknowledges nothing") != std::string::npos; }));
}

BOOST_AUTO_TEST_CASE(what_is_told_of_an_end_is_the_reason_for_it) {
  script->throws = true;
  begin_reading();
  read(0, 3);
  read(3, 5);
  const auto told = events->after();
  BOOST_TEST(std::ranges::any_of(told, [](const auto& event) {
    return event.kind == event_kind::processor_restarted && event.message.find("caught fire") != std::string::npos;
  }));
  BOOST_TEST(std::ranges::none_of(
      told, [](const auto& event) { return event.message.find("the actor that was asked") != std::string::npos; }));
}

BOOST_AUTO_TEST_CASE(one_that_took_the_place_of_another_and_says_nothing_is_replaced_too) {
  start_processor = [this](caf::actor_system& in, processor_environment environment) {
    auto faults = std::make_shared<test::processor_faults>();
    if (started.size() == 1) faults->now = test::processor_fault::swallows;
    started.push_back(spawn_faulty_processor(in, std::move(environment), std::move(faults)));
    return started.back();
  };
  begin_reading();
  kill_processor();
  BOOST_TEST((seen->fault->code == ec::actor_died));
  for (int second = 0; second < 66; ++second) advance(1s);
  BOOST_TEST(started.size() == 3u);
  BOOST_TEST(!seen->processors.front().report.fault.has_value());
}

BOOST_AUTO_TEST_CASE(a_process_that_stood_still_itself_calls_nobody_stuck) {
  with_hanging(2);
  begin_reading();
  read(0, 3);
  advance(1s);
  advance(3600s);
  for (int second = 0; second < 50; ++second) advance(1s);
  BOOST_TEST(started.size() == 1u);
  for (int second = 0; second < 15; ++second) advance(1s);
  BOOST_TEST(started.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_sink_that_may_be_silent_for_long_is_given_that_time) {
  scripted.longest_silence = [](const json&) { return 300s; };
  with_hanging(2);
  begin_reading();
  read(0, 3);
  for (int second = 0; second < 200; ++second) advance(1s);
  BOOST_TEST(started.size() == 1u);
}

BOOST_AUTO_TEST_CASE(records_and_their_rate_are_told) {
  begin_reading();
  read(0, 10);
  advance(1s);
  BOOST_TEST(seen->processors.front().records == 10);
  BOOST_TEST(seen->processors.front().records_per_second == 10);
  advance(1s);
  BOOST_TEST(seen->processors.front().records_per_second == 0);
  BOOST_TEST(seen->processors.front().in_flight_batches == 0);
}

BOOST_AUTO_TEST_CASE(what_happens_is_in_the_events) {
  begin_reading();
  kill_processor();
  const std::vector<std::string> expected{"partitions_assigned", "processor_restarted", "processor_recovered"};
  BOOST_TEST(kinds_of_events() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_destination_that_says_nothing_is_told_although_the_processor_is_alive) {
  with_hanging(1);
  begin_reading();
  read(0, 3);
  gauge->entered(system().clock().now());
  for (int second = 0; second < 9; ++second) {
    gauge->alive(system().clock().now());
    advance(1s);
  }
  BOOST_TEST((seen->processors.front().state == processor_state::running));
  for (int second = 0; second < 60; ++second) {
    gauge->alive(system().clock().now());
    advance(1s);
  }
  BOOST_REQUIRE(seen->processors.front().report.fault.has_value());
  BOOST_TEST((seen->processors.front().report.fault->code == ec::sink_unavailable));
  BOOST_TEST(started.size() == 1u);
  gauge->answered(system().clock().now());
  advance(1s);
  BOOST_TEST(!seen->processors.front().report.fault.has_value());
}

BOOST_AUTO_TEST_CASE(a_processor_whose_destination_takes_records_again_is_well_before_the_batch_is_done) {
  with_hanging(1);
  begin_reading();
  read(0, 3);
  caf::anon_send(consumer, observed_atom::value,
                 processor_report{.id = {"p"},
                                  .type = "scripted",
                                  .incarnation = 1,
                                  .fault = fault_report{.code = ec::sink_unavailable,
                                                        .message = "the endpoint answers 500",
                                                        .source = fault_source::of_processor({"p"}),
                                                        .at = now(),
                                                        .attempts = 1},
                                  .recovery = {}});
  run();
  gauge->entered(system().clock().now());
  advance(1s);
  BOOST_TEST(seen->processors.front().report.fault.has_value());
  gauge->took(system().clock().now());
  advance(1s);
  BOOST_TEST(!seen->processors.front().report.fault.has_value());
}

BOOST_AUTO_TEST_CASE(a_drain_gives_a_batch_that_is_being_written_its_time_although_another_processor_fails) {
  with_hanging(1);
  spec.processors.push_back({.id = {"q"}, .type = "scripted", .config = {}, .created_at = {}, .updated_at = {}});
  script->failures.assign(100, {ec::sink_unavailable, "away"});
  begin_reading();
  read(0, 3);
  drain();
  for (int tick = 0; tick < 95; ++tick) advance(100ms);
  BOOST_TEST(!drained);
  for (int tick = 0; tick < 30; ++tick) advance(20ms);
  BOOST_TEST(drained);
}

BOOST_AUTO_TEST_CASE(a_drain_does_not_wait_for_a_processor_whose_sink_cannot_be_opened) {
  script->cannot_open = error{ec::sink_unavailable, "away"};
  begin_reading();
  BOOST_REQUIRE(seen->fault.has_value());
  drain();
  for (int tick = 0; tick < 5; ++tick) advance(20ms);
  BOOST_TEST(drained);
  BOOST_TEST(ended);
}

BOOST_AUTO_TEST_CASE(a_sink_that_throws_when_it_is_closed_costs_nobody_anything) {
  script->throws_when_closed = true;
  begin_reading();
  read(0, 2);
  kill_processor();
  read(2, 4);
  BOOST_TEST(script->closed == 1);
  BOOST_TEST(script->written.size() == 4u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::processor_link_test
