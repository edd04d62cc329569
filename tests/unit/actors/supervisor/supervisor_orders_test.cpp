// What operators tell a consumer besides its configuration: pause, resume, restart.
#include "tests/unit/actors/supervisor/sharing_fixture.hpp"

namespace kfs::supervisor_orders_test {

using namespace std::chrono_literals;

namespace {

using kind = consumer_order::kind;

const consumer_order pause_all{.what = kind::pause};
const consumer_order resume_all{.what = kind::resume};
const consumer_order restart{.what = kind::restart};

struct orders_fixture : test::supervisor_fixture {
  /// With every consumer in its group.
  void begin_well(std::vector<consumer_spec> from_store) {
    begin(std::move(from_store));
    be_well();
  }
  void be_well() { bring(test::connected); }

  std::size_t told(event_kind wanted) {
    const auto all = events();
    return static_cast<std::size_t>(std::ranges::count(all, wanted, &consumer_event::kind));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(supervisor_orders, orders_fixture)

BOOST_AUTO_TEST_CASE(a_pause_is_stored_told_to_the_client_and_shown_and_the_consumer_stays_active) {
  begin_well({spec});
  const auto paused = give_order(pause_all);
  run();
  BOOST_TEST_REQUIRE(paused->value.has_value());
  BOOST_TEST((*paused->value)->spec->orders.paused.all);
  BOOST_TEST(((*paused->value)->status == consumer_status::active));
  BOOST_TEST(latest().paused.all);
  BOOST_TEST(kafka.made.size() == 1u);
  BOOST_TEST(stored->history.at(spec.id.value).back().orders.paused.all);
  BOOST_TEST(view()->spec->orders.paused.all);
  BOOST_TEST(told(event_kind::pause_requested) == 1u);
  const auto resumed = give_order(resume_all);
  run();
  BOOST_TEST(resumed->value.has_value());
  BOOST_TEST(!latest().paused.any());
  BOOST_TEST(told(event_kind::resume_requested) == 1u);
}

BOOST_AUTO_TEST_CASE(a_pause_that_stands_already_is_not_stored_again) {
  begin_well({spec});
  give_order(pause_all);
  run();
  const auto writes = stored->writes;
  BOOST_TEST(give_order(pause_all)->value.has_value());
  BOOST_TEST(stored->writes == writes);
}

BOOST_AUTO_TEST_CASE(some_partitions_are_paused_and_resumed_by_themselves) {
  begin_well({spec});
  give_order({.what = kind::pause, .partitions = {0, 2}});
  run();
  BOOST_TEST(latest().paused.holds(2));
  BOOST_TEST(!latest().paused.holds(1));
  give_order({.what = kind::resume, .partitions = {2}});
  run();
  BOOST_TEST(!latest().paused.holds(2));
  BOOST_TEST(latest().paused.holds(0));
}

BOOST_AUTO_TEST_CASE(a_pause_outlives_a_stop_a_start_a_change_and_a_restart) {
  begin_well({spec});
  give_order(pause_all);
  stop();
  settle();
  start();
  settle();
  BOOST_TEST(kafka.made.size() == 2u);
  BOOST_TEST(latest().paused.all);
  be_well();
  auto changed = spec;
  changed.options = {{"batch", {{"max_messages", 7}}}};
  update(changed);
  settle();
  BOOST_TEST(kafka.made.size() == 3u);
  BOOST_TEST(latest().paused.all);
  be_well();
  give_order(restart);
  settle();
  BOOST_TEST(kafka.made.size() == 4u);
  BOOST_TEST(latest().paused.all);
}

BOOST_AUTO_TEST_CASE(a_pause_of_a_stopped_consumer_holds_when_it_starts) {
  spec.target = target_state::stopped;
  begin({spec});
  BOOST_TEST(give_order(pause_all)->value.has_value());
  BOOST_TEST((status() == consumer_status::inactive));
  start();
  settle();
  BOOST_TEST(latest().paused.all);
}

BOOST_AUTO_TEST_CASE(what_is_stored_as_paused_is_paused_when_the_server_starts) {
  spec.orders.paused.some = {1};
  begin_well({spec});
  BOOST_TEST(latest().paused.holds(1));
  BOOST_TEST(!latest().paused.all);
}

BOOST_AUTO_TEST_CASE(a_restart_makes_a_new_client_and_answers_when_it_is_there) {
  begin_well({spec});
  const auto restarted = give_order(restart);
  run();
  BOOST_TEST(!restarted->value.has_value());  // the old client is still closing
  settle();
  BOOST_TEST(restarted->value.has_value());
  BOOST_TEST(kafka.made.size() == 2u);
  BOOST_TEST(kafka.made.front()->left);
  BOOST_TEST(told(event_kind::restart_requested) == 1u);
  give_order(restart);
  settle();
  BOOST_TEST(kafka.made.size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_restart_of_a_consumer_in_error_tries_again_at_once) {
  begin_well({spec});
  bring(kafka_fault{{ec::kafka_failure, "the client cannot go on"}, true});
  settle();
  BOOST_TEST((status() == consumer_status::error));
  const auto before = kafka.made.size();
  BOOST_TEST(give_order(restart)->value.has_value());
  BOOST_TEST(kafka.made.size() == before + 1);
}

BOOST_AUTO_TEST_CASE(a_stopped_consumer_is_not_restarted) {
  spec.target = target_state::stopped;
  begin({spec});
  const auto refused = give_order(restart);
  BOOST_TEST_REQUIRE(refused->refused.has_value());
  BOOST_TEST((refused->refused->code == ec::cannot_apply));
  BOOST_TEST(kafka.made.empty());
  BOOST_TEST(stored->writes == 0);
}

BOOST_AUTO_TEST_CASE(a_pause_leaves_the_error_and_its_recovery_as_they_are) {
  begin_well({spec});
  bring(kafka_fault{{ec::kafka_failure, "the client cannot go on"}, true});
  settle();
  const auto before = view()->last_error;
  BOOST_TEST_REQUIRE(before.has_value());
  give_order(pause_all);
  run();
  BOOST_TEST((view()->last_error == before));
}

BOOST_AUTO_TEST_CASE(an_order_for_nobody_is_not_found) {
  begin({});
  const auto refused = give_order(pause_all);
  BOOST_TEST_REQUIRE(refused->refused.has_value());
  BOOST_TEST((refused->refused->code == ec::not_found));
}

BOOST_FIXTURE_TEST_CASE(an_order_that_another_replica_has_overtaken_is_given_after_it, test::sharing) {
  begin_sharing();
  stored->before_change = [this] {
    stored->history.at(spec.id.value).back().orders.paused.some = {5};
    stored->change[spec.id.value] = ++stored->changes;
  };
  const auto paused = give_order({.what = kind::pause, .partitions = {1}});
  look_twice();
  BOOST_TEST(paused->value.has_value());
  const auto& orders = stored->history.at(spec.id.value).back().orders;
  BOOST_TEST(orders.paused.some == (std::vector<partition_number>{1, 5}), boost::test_tools::per_element());
  BOOST_CHECK((view()->spec->orders == orders));
}

BOOST_FIXTURE_TEST_CASE(an_order_that_came_through_another_replica_is_followed_by_the_one_that_runs_it, test::sharing) {
  begin_sharing();
  leases->give(spec.id, 9);
  run();
  BOOST_TEST_REQUIRE(kafka.made.size() == 1u);
  auto told = spec;
  told.orders.paused.all = true;
  stored->history.at(spec.id.value).back() = told;
  tell(2);
  BOOST_TEST(latest().paused.all);
  BOOST_TEST(kafka.made.size() == 1u);
  told.orders.restarts = 1;
  stored->history.at(spec.id.value).back() = told;
  tell(3);
  for (int tick = 0; tick < 50; ++tick) advance(20ms);
  BOOST_TEST(kafka.made.size() == 2u);
  BOOST_TEST(latest().paused.all);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::supervisor_orders_test
