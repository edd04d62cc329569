// What the supervisor makes of commands.
#include "tests/unit/actors/supervisor/supervisor_fixture.hpp"

namespace kfs::supervisor_test {

using namespace std::chrono_literals;

BOOST_FIXTURE_TEST_SUITE(supervisor, test::supervisor_fixture)

BOOST_AUTO_TEST_CASE(a_created_consumer_is_stored_started_and_active_at_once) {
  begin();
  const auto made = create(spec);
  BOOST_REQUIRE(made->value.has_value());
  BOOST_TEST(made->value->created);
  BOOST_TEST((made->value->view->status == consumer_status::active));
  BOOST_TEST(made->value->view->replica == "r1");
  BOOST_TEST(stored->history.contains(spec.id.value));
  BOOST_TEST(kafka.made.size() == 1u);
}

BOOST_AUTO_TEST_CASE(so_many_consumers_start_at_a_time_and_the_others_follow) {
  std::vector<consumer_spec> many;
  for (int number = 0; number < 200; ++number) {
    many.push_back(spec);
    many.back().id = {"consumer-" + std::to_string(1'000 + number)};
  }
  const auto clients = [this](std::size_t at_most) { return kafka.made.size() <= at_most; };
  for (const auto& one : many) stored->history[one.id.value] = {one};
  joins_at_once = false;
  begin_with(many);
  BOOST_TEST(kafka.made.size() == 64U);
  const auto asked = ask<consumer_view_ptr>(get_atom::value, many.back().id);
  run();
  const auto waits = asked->value.value();
  BOOST_TEST((waits->status == consumer_status::active));
  BOOST_TEST((waits->state == consumer_state::starting));
  advance(1s);
  BOOST_TEST(clients(64));
  advance(1500ms);  // brokers that do not answer hold up nobody
  BOOST_TEST(kafka.made.size() == 128U);
  kafka.prepare = [](test::fake_client_script& script) { script.bring(partitions_assigned{}); };
  for (int second = 0; second < 10; ++second) advance(1s);
  BOOST_TEST(kafka.made.size() == 200U);
}

BOOST_AUTO_TEST_CASE(a_consumer_that_is_not_to_start_is_inactive_and_has_no_client) {
  begin();
  spec.target = target_state::stopped;
  BOOST_TEST((create(spec)->value->view->status == consumer_status::inactive));
  BOOST_TEST(kafka.made.empty());
}

BOOST_AUTO_TEST_CASE(the_same_create_again_answers_what_is_there_and_another_is_refused) {
  begin();
  create(spec);
  const auto again = create(spec);
  BOOST_REQUIRE(again->value.has_value());
  BOOST_TEST(!again->value->created);
  auto other = spec;
  other.topic = "payments";
  BOOST_TEST((create(other)->refused->code == ec::already_exists));
  BOOST_TEST(kafka.made.size() == 1u);
}

BOOST_AUTO_TEST_CASE(nothing_changes_when_the_store_refuses) {
  begin();
  stored->fails = error{ec::store_unavailable, "away"};
  BOOST_TEST((create(spec)->refused->code == ec::store_unavailable));
  BOOST_TEST(!view());
  BOOST_TEST(kafka.made.empty());
}

BOOST_AUTO_TEST_CASE(what_was_started_goes_on_after_a_restart_of_the_server) {
  auto stopped = test::example_spec("2");
  stopped.target = target_state::stopped;
  begin({spec, stopped});
  BOOST_TEST(kafka.made.size() == 1u);
  BOOST_TEST((status() == consumer_status::active));
}

BOOST_AUTO_TEST_CASE(a_stop_is_answered_when_the_consumer_has_been_drained) {
  begin({spec});
  const auto stopping = stop();
  BOOST_TEST(!stopping->value.has_value());
  settle();
  BOOST_REQUIRE(stopping->value.has_value());
  BOOST_TEST(((*stopping->value)->status == consumer_status::inactive));
  BOOST_TEST(latest().destroyed);
}

BOOST_AUTO_TEST_CASE(start_and_stop_are_idempotent_and_write_only_what_changes) {
  begin({spec});
  start();
  BOOST_TEST(stored->writes == 0);
  BOOST_TEST(kafka.made.size() == 1u);
  stop();
  settle();
  const auto again = stop();
  BOOST_TEST(((*again->value)->status == consumer_status::inactive));
  BOOST_TEST(stored->writes == 1);
}

BOOST_AUTO_TEST_CASE(a_start_while_it_drains_takes_effect_when_it_is_drained) {
  begin({spec});
  const auto stopping = stop();
  const auto starting = start();
  BOOST_TEST(starting->value.has_value());
  settle();
  BOOST_TEST(stopping->value.has_value());
  BOOST_TEST((status() == consumer_status::active));
  BOOST_TEST(kafka.made.size() == 2u);
}

BOOST_AUTO_TEST_CASE(another_topic_drains_the_consumer_and_leaves_it_inactive) {
  begin({spec});
  consumer_change change;
  change.topic = "payments";
  const auto updating = update(changed_consumer(spec, change, spec.updated_at));
  BOOST_TEST(!updating->value.has_value());
  settle();
  BOOST_REQUIRE(updating->value.has_value());
  BOOST_TEST(((*updating->value)->status == consumer_status::inactive));
  BOOST_TEST((*updating->value)->spec->topic == "payments");
  BOOST_TEST(kafka.made.size() == 1u);
}

BOOST_AUTO_TEST_CASE(other_options_restart_an_active_consumer_and_leave_it_active) {
  begin({spec});
  consumer_change change;
  change.options = json{{"stop_timeout_ms", 5000}};
  const auto updating = update(changed_consumer(spec, change, spec.updated_at));
  settle();
  BOOST_REQUIRE(updating->value.has_value());
  BOOST_TEST(((*updating->value)->status == consumer_status::active));
  BOOST_TEST(kafka.made.size() == 2u);
}

BOOST_AUTO_TEST_CASE(of_two_updates_that_name_one_revision_one_is_rejected) {
  spec.target = target_state::stopped;
  begin({spec});
  consumer_change topic;
  topic.topic = "payments";
  consumer_change group;
  group.consumer_group = "other";
  const auto first_revision = revision_condition::only(spec.rev);
  BOOST_TEST(update(changed_consumer(spec, topic, spec.updated_at), first_revision)->value.has_value());
  const auto second = update(changed_consumer(spec, group, spec.updated_at), first_revision);
  BOOST_REQUIRE(second->refused.has_value());
  BOOST_TEST((second->refused->code == ec::stale_revision));
  BOOST_TEST(view()->spec->topic == "payments");
}

BOOST_AUTO_TEST_CASE(updates_at_the_same_time_are_applied_one_after_the_other) {
  begin({spec});
  for (int i = 1; i <= 3; ++i) {
    spec.options = json{{"stop_timeout_ms", 1'000 * i}};
    update(spec);
  }
  settle();
  BOOST_TEST(view()->spec->rev.value == 4);
  BOOST_TEST(view()->spec->options["stop_timeout_ms"] == 3'000);
}

BOOST_AUTO_TEST_CASE(an_update_that_changes_nothing_is_answered_and_makes_no_revision) {
  begin({spec});
  const auto same = update(changed_consumer(spec, {}, spec.updated_at));
  BOOST_REQUIRE(same->value.has_value());
  BOOST_TEST((*same->value)->spec->rev.value == 1);
  BOOST_TEST(stored->writes == 0);
}

BOOST_AUTO_TEST_CASE(an_update_of_an_old_revision_is_rejected) {
  begin({spec});
  BOOST_TEST((update(spec, revision_condition::only(revision{3}))->refused->code == ec::stale_revision));
}

BOOST_AUTO_TEST_CASE(a_start_that_came_between_reading_and_updating_is_kept) {
  spec.target = target_state::stopped;
  begin({spec});
  consumer_change change;
  change.options = json{{"stop_timeout_ms", 5000}};
  const auto changed = changed_consumer(spec, change, spec.updated_at);
  start();
  update(changed);
  settle();
  BOOST_TEST((status() == consumer_status::active));
}

BOOST_AUTO_TEST_CASE(a_deleted_consumer_is_gone_at_once_and_answered_when_it_is_drained) {
  begin({spec});
  const auto removing = remove();
  BOOST_TEST(!removing->value.has_value());
  BOOST_TEST(!view());
  settle();
  BOOST_TEST(removing->value.has_value());
  BOOST_TEST(latest().destroyed);
  BOOST_TEST(measured.exposition().find(spec.id.value) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_create_with_the_id_of_one_that_is_being_deleted_waits_for_its_end) {
  begin({spec});
  remove();
  const auto creating = create(spec);
  BOOST_TEST(!creating->value.has_value());
  settle();
  BOOST_REQUIRE(creating->value.has_value());
  BOOST_TEST(creating->value->created);
}

BOOST_AUTO_TEST_CASE(a_delete_of_an_old_revision_is_refused) {
  begin({spec});
  BOOST_TEST((remove(revision_condition::only(revision{7}))->refused->code == ec::stale_revision));
  BOOST_TEST((status() == consumer_status::active));
}

BOOST_AUTO_TEST_CASE(consumers_are_listed_oldest_first) {
  auto older = test::example_spec("2");
  spec.created_at = timestamp{2s};
  older.created_at = timestamp{1s};
  begin({spec, older});
  const auto all = ask<consumer_views>(list_atom::value);
  BOOST_REQUIRE((*all->value)->size() == 2u);
  BOOST_TEST((**all->value)[0]->spec->id.value == older.id.value);
}

BOOST_AUTO_TEST_CASE(what_was_answered_is_kept_for_those_who_only_look_until_it_changes) {
  begin({spec});
  BOOST_TEST((kept->find(spec.id) == nullptr));
  BOOST_TEST((kept->all() == nullptr));
  const auto running = view();
  BOOST_TEST_REQUIRE((kept->find(spec.id) != nullptr));
  BOOST_TEST(test::shows_the_same(*kept->find(spec.id), *running));  // the answer alone tells when it was last observed
  const auto listed = ask<consumer_views>(list_atom::value);
  BOOST_TEST((kept->all() == *listed->value));
  stop();
  BOOST_TEST((kept->all() == nullptr));
  if (const auto stopping = kept->find(spec.id)) BOOST_TEST((stopping->spec->target == target_state::stopped));
  settle();
  (void)view();
  BOOST_TEST((kept->find(spec.id)->status == consumer_status::inactive));
}

BOOST_AUTO_TEST_CASE(a_list_is_not_kept_when_consumers_come_or_go) {
  begin({spec});
  const auto listed = [this] { return ask<consumer_views>(list_atom::value)->value.value()->size(); };
  BOOST_TEST(listed() == 1u);
  const auto other = test::example_spec("2");
  create(other);
  BOOST_TEST((kept->all() == nullptr));
  BOOST_TEST(listed() == 2u);
  remove();
  settle();
  BOOST_TEST((kept->all() == nullptr));
  BOOST_TEST((kept->find(spec.id) == nullptr));
  BOOST_TEST(listed() == 1u);
}

BOOST_AUTO_TEST_CASE(an_answer_is_kept_until_something_changes) {
  begin({spec});
  const auto text = [this](const std::string& made) { return view()->answer->get([&] { return made; }); };
  BOOST_TEST(text("running") == "running");
  advance(1s);
  BOOST_TEST(text("a second later") == "running");
  stop();
  settle();
  BOOST_TEST(text("stopped") == "stopped");
  spec.topic = "payments";
  update(spec);
  BOOST_TEST(text("changed") == "changed");
}

BOOST_AUTO_TEST_CASE(shutting_down_drains_every_consumer_and_keeps_what_is_wanted) {
  begin({spec, test::example_spec("2")});
  const auto ending = ask<done>(drain_atom::value);
  BOOST_TEST((create(test::example_spec("3"))->refused->code == ec::shutting_down));
  settle();
  BOOST_TEST(ending->value.has_value());
  BOOST_TEST(kafka.made[0]->destroyed);
  BOOST_TEST(kafka.made[1]->destroyed);
  BOOST_TEST(stored->writes == 0);
}

BOOST_AUTO_TEST_CASE(commands_of_many_clients_leave_it_in_the_state_of_the_last) {
  begin({spec});
  for (int round = 0; round < 50; ++round) {
    stop();
    start();
  }
  stop();
  settle();
  settle();
  BOOST_TEST((status() == consumer_status::inactive));
  BOOST_TEST(latest().destroyed);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::supervisor_test
