// What the supervisor makes of faults.
#include "tests/unit/actors/supervisor/supervisor_fixture.hpp"

namespace kfs::supervisor_faults_test {

using namespace std::chrono_literals;
using test::connected;

BOOST_FIXTURE_TEST_SUITE(supervisor_faults, test::supervisor_fixture)

BOOST_AUTO_TEST_CASE(a_silent_broker_turns_it_to_error_and_its_answer_back_to_active_with_the_same_client) {
  begin({spec});
  for (int second = 0; second < 14; ++second) advance(1s);
  BOOST_TEST((status() == consumer_status::error));
  BOOST_TEST((view()->last_error->code == ec::broker_silent));
  BOOST_TEST(view()->recovery.has_value());
  bring(connected);
  BOOST_TEST((status() == consumer_status::active));
  BOOST_TEST(!view()->last_error.has_value());
  BOOST_TEST(!view()->recovery.has_value());
  BOOST_TEST(kafka.made.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_missing_topic_is_tried_again_with_a_new_client_and_stays_an_error_until_health_is_seen) {
  begin({spec});
  bring(kafka_fault{{ec::topic_missing, "no such topic"}, false});
  BOOST_TEST((status() == consumer_status::error));
  for (int second = 0; second < 3; ++second) {
    advance(1s);
    settle();
    BOOST_TEST((status() == consumer_status::error));
  }
  BOOST_TEST(kafka.made.size() == 2u);
  bring(partitions_assigned{{0}});
  bring(partition_end{0, offset{0}});
  bring(connected);
  BOOST_TEST((status() == consumer_status::active));
}

BOOST_AUTO_TEST_CASE(recovery_that_is_switched_off_leaves_it_in_error_until_a_start) {
  spec.options = json{{"recovery", {{"enabled", false}}}};
  begin({spec});
  bring(kafka_fault{{ec::topic_missing, "no such topic"}, false});
  settle();
  for (int minute = 0; minute < 5; ++minute) advance(60s);
  BOOST_TEST((status() == consumer_status::error));
  BOOST_TEST(!view()->recovery.has_value());
  BOOST_TEST(kafka.made.size() == 1u);
  BOOST_TEST(((*start()->value)->status == consumer_status::active));
  BOOST_TEST(kafka.made.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_fault_that_only_a_start_ends_is_not_recovered_from) {
  begin({spec});
  const auto stopped = [this](std::uint64_t incarnation) {
    observation seen;
    seen.fault = fault_report{.code = ec::record_rejected,
                              .message = "the record at offset 7 is refused",
                              .source = fault_source::of_processor({"p"}),
                              .at = now(),
                              .attempts = 1,
                              .until_started = true};
    caf::anon_send(supervisor, observed_atom::value, spec.id, incarnation,
                   observation_ptr(std::make_shared<const observation>(std::move(seen))));
    run();
  };
  stopped(1);
  BOOST_TEST((status() == consumer_status::error));
  settle();
  for (int minute = 0; minute < 5; ++minute) advance(60s);
  BOOST_TEST((status() == consumer_status::error));
  BOOST_TEST(view()->last_error->message == "the record at offset 7 is refused");
  BOOST_TEST(!view()->recovery.has_value());
  BOOST_TEST(kafka.made.size() == 1u);
  BOOST_TEST(kafka.made.front()->destroyed);
  BOOST_TEST(((*start()->value)->status == consumer_status::active));
  BOOST_TEST(kafka.made.size() == 2u);
  BOOST_TEST(!view()->last_error.has_value());
}

BOOST_AUTO_TEST_CASE(a_missing_topic_of_a_processor_is_not_the_consumers_own) {
  begin({spec});
  observation seen;
  seen.fault = fault_report{.code = ec::topic_missing,
                            .message = "no dead-letter topic",
                            .source = fault_source::of_processor({"p"}),
                            .at = now(),
                            .attempts = 1};
  caf::anon_send(supervisor, observed_atom::value, spec.id, std::uint64_t{1},
                 observation_ptr(std::make_shared<const observation>(std::move(seen))));
  run();
  BOOST_TEST((status() == consumer_status::error));
  for (int minute = 0; minute < 3; ++minute) advance(60s);
  BOOST_TEST(kafka.made.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_client_that_cannot_be_made_is_an_error_and_tried_again) {
  kafka.refuse = error{ec::kafka_failure, "out of threads"};
  begin({spec});
  BOOST_TEST((status() == consumer_status::error));
  BOOST_TEST(view()->last_error->message.find("out of threads") != std::string::npos);
  for (int second = 0; second < 3; ++second) advance(1s);
  BOOST_TEST(kafka.made.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_stop_in_error_is_inactive_without_an_error) {
  begin({spec});
  bring(kafka_fault{{ec::authentication_failed, "refused"}, false});
  BOOST_TEST((status() == consumer_status::error));
  stop();
  settle();
  BOOST_TEST((status() == consumer_status::inactive));
  BOOST_TEST(!view()->last_error.has_value());
}

BOOST_AUTO_TEST_CASE(a_lost_store_is_said_and_running_consumers_go_on) {
  begin({spec});
  stored->fails = error{ec::store_unavailable, "away"};
  for (int second = 0; second < 5; ++second) advance(1s);
  BOOST_TEST(ask<server_health>(health_atom::value)->value->store_fault.has_value());
  BOOST_TEST((status() == consumer_status::active));
  BOOST_TEST((stop()->refused->code == ec::store_unavailable));
  stored->fails.reset();
  for (int second = 0; second < 5; ++second) advance(1s);
  BOOST_TEST(!ask<server_health>(health_atom::value)->value->store_fault.has_value());
}

BOOST_AUTO_TEST_CASE(nothing_is_answered_until_the_store_was_loaded_and_then_what_shall_run_runs) {
  stored->history[spec.id.value] = {spec};
  stored->fails = error{ec::store_unavailable, "away"};
  begin_unloaded();
  BOOST_TEST((ask<consumer_views>(list_atom::value)->refused->code == ec::store_unavailable));
  BOOST_TEST((create(spec)->refused->code == ec::store_unavailable));
  BOOST_TEST(ask<server_health>(health_atom::value)->value->store_fault.has_value());
  stored->fails.reset();
  for (int second = 0; second < 5; ++second) advance(1s);
  BOOST_TEST((status() == consumer_status::active));
  BOOST_TEST(!ask<server_health>(health_atom::value)->value->store_fault.has_value());
}

BOOST_AUTO_TEST_CASE(consumers_stop_while_another_replica_has_the_store_and_start_again_after) {
  begin({spec});
  BOOST_TEST((status() == consumer_status::active));
  stored->fails = error{ec::standby, "replica r2 runs the consumers"};
  for (int second = 0; second < 5; ++second) advance(1s);
  settle();
  const auto made = kafka.made.size();
  BOOST_TEST((kept->find(spec.id) == nullptr));
  BOOST_TEST((ask<consumer_views>(list_atom::value)->refused->code == ec::standby));
  for (int second = 0; second < 20; ++second) advance(1s);
  BOOST_TEST(kafka.made.size() == made);
  stored->fails.reset();
  for (int second = 0; second < 5; ++second) advance(1s);
  BOOST_TEST(kafka.made.size() == made + 1);
  BOOST_TEST((status() == consumer_status::active));
}

BOOST_AUTO_TEST_CASE(a_write_that_happened_although_it_was_refused_is_loaded) {
  begin({spec});
  stored->fails = error{ec::store_unavailable, "the answer was lost"};
  auto changed = spec;
  changed.rev.value += 1;
  changed.topic = "other";
  BOOST_TEST((update(changed)->refused->code == ec::store_unavailable));
  stored->history[spec.id.value].push_back(changed);
  stored->fails.reset();
  for (int second = 0; second < 5; ++second) advance(1s);
  settle();
  BOOST_TEST(view()->spec->topic == "other");
  stored->history.clear();
  stored->fails = error{ec::store_unavailable, "the answer was lost"};
  remove();
  stored->fails.reset();
  for (int second = 0; second < 5; ++second) advance(1s);
  settle();
  BOOST_TEST(!view());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::supervisor_faults_test
