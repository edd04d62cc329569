// The supervisor of one of several replicas: it runs what its leases allow, tells the others, and follows them.
#include "tests/unit/actors/supervisor/sharing_fixture.hpp"

namespace kfs::supervisor_sharing_test {

using namespace std::chrono_literals;
using test::sharing;

BOOST_FIXTURE_TEST_SUITE(supervisor_sharing, sharing)

BOOST_AUTO_TEST_CASE(a_consumer_runs_here_from_its_lease_on_and_is_reported) {
  begin_sharing();
  BOOST_TEST(!runs());
  give(7);
  BOOST_TEST(runs());
  BOOST_TEST(view()->replica == "r1");
  advance(1s);
  BOOST_REQUIRE(!reported->empty());
  BOOST_TEST(reported->front().epoch == 7U);
  BOOST_TEST(reported->front().change == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_asked_back_ends_stays_in_its_group_and_is_vacated_once_it_has_ended) {
  begin_sharing();
  give(7);
  leases->ask_back(spec.id);
  run();
  settle();
  BOOST_TEST(!runs());
  BOOST_TEST(!latest().left);
  BOOST_REQUIRE(!leases->vacated_.empty());
  BOOST_TEST(leases->vacated_.front().second == 7U);
}

BOOST_AUTO_TEST_CASE(the_last_replica_to_end_leaves_the_group) {
  begin_sharing();
  give(7);
  leases->ask_back(spec.id, 0, false);
  run();
  settle();
  BOOST_TEST(!runs());
  BOOST_TEST(latest().left);
}

BOOST_AUTO_TEST_CASE(a_member_that_stayed_for_another_replica_leaves_when_nobody_shall_follow) {
  begin_sharing();
  give(7);
  leases->ask_back(spec.id);
  run();
  settle();
  BOOST_TEST(!latest().left);
  leases->take_away(spec.id);
  run();
  BOOST_TEST(kafka.made_to_leave.empty());
  stored->history[spec.id.value].back().target = target_state::stopped;
  leases->looked(now_on_clock() + 1s);
  tell(2, false);
  advance(1s);
  BOOST_TEST(kafka.made_to_leave == std::vector<int>{0}, boost::test_tools::per_element());
  tell(3, false);
  advance(1s);
  BOOST_TEST(kafka.made_to_leave.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_member_that_another_replica_goes_on_with_is_left_to_that_one) {
  begin_sharing();
  give(7);
  leases->ask_back(spec.id);
  run();
  settle();
  leases->give_to_other(spec.id, 9);
  run();
  told_by_other(9, 1, consumer_status::active);
  stored->history[spec.id.value].back().target = target_state::stopped;
  tell(2, false);
  told_by_other(9, 2, consumer_status::inactive);
  leases->take_away(spec.id);
  leases->looked(now_on_clock() + 1s);
  run();
  advance(1s);
  BOOST_TEST(kafka.made_to_leave.empty());
}

BOOST_AUTO_TEST_CASE(a_member_of_a_lost_replica_leaves_when_there_are_fewer_instances) {
  spec.options["instances"] = 2;
  begin_sharing();
  give(7);
  leases->give_to_other(spec.id, 8, false, 1);
  run();
  leases->give_to_other(spec.id, 8, true, 1);
  stored->history[spec.id.value].back().options["instances"] = 1;
  stored->history[spec.id.value].back().rev.value = 2;
  leases->looked(now_on_clock() + 1h);
  tell(2, false);
  settle();
  BOOST_TEST(kafka.made_to_leave.empty());
  leases->take_away(spec.id, 1);
  run();
  advance(1s);
  BOOST_TEST(kafka.made_to_leave == std::vector<int>{1}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_member_of_a_lost_replica_leaves_when_its_consumer_is_stopped_before_another_one_has_it) {
  spec.target = target_state::started;
  begin_sharing();
  leases->give_to_other(spec.id, 8);
  run();
  const auto stopping = stop();
  leases->give_to_other(spec.id, 8, true);
  settle();
  BOOST_TEST(!stopping->value.has_value());
  BOOST_TEST(kafka.made_to_leave.empty());
  leases->looked(now_on_clock() + 1h);
  leases->take_away(spec.id);
  run();
  BOOST_TEST(stopping->value.has_value());
  BOOST_TEST(kafka.made_to_leave == std::vector<int>{0}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_member_of_a_lost_replica_leaves_when_its_consumer_is_deleted_before_another_one_has_it) {
  begin_sharing();
  leases->give_to_other(spec.id, 8, true);
  run();
  const auto deleting = remove();
  settle();
  BOOST_TEST(kafka.made_to_leave.empty());
  leases->looked(now_on_clock() + 1h);
  leases->take_away(spec.id);
  run();
  BOOST_TEST(deleting->value.has_value());
  BOOST_TEST(kafka.made_to_leave == std::vector<int>{0}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_member_of_a_lost_replica_leaves_also_when_another_one_has_noticed_the_loss_first) {
  spec.target = target_state::started;
  begin_sharing();
  leases->give_to_other(spec.id, 8);
  told_by_other(8, 1, consumer_status::active);
  const auto stopping = stop();
  settle();
  leases->looked(now_on_clock() + 1h);
  leases->take_away(spec.id);
  run();
  BOOST_TEST(stopping->value.has_value());
  BOOST_TEST(kafka.made_to_leave == std::vector<int>{0}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_replica_that_has_stopped_a_consumer_has_left_the_group_by_itself) {
  spec.target = target_state::started;
  begin_sharing();
  leases->give_to_other(spec.id, 8);
  told_by_other(8, 1, consumer_status::active);
  const auto stopping = stop();
  told_by_other(8, stored->changes, consumer_status::inactive);
  leases->looked(now_on_clock() + 1h);
  leases->take_away(spec.id);
  run();
  settle();
  BOOST_TEST(stopping->value.has_value());
  BOOST_TEST(kafka.made_to_leave.empty());
}

BOOST_AUTO_TEST_CASE(a_member_of_a_lost_replica_stays_for_the_one_that_goes_on_with_its_consumer) {
  begin_sharing();
  leases->give_to_other(spec.id, 8, true);
  run();
  settle();
  leases->take_away(spec.id);
  run();
  leases->looked(now_on_clock() + 1h);
  advance(1s);
  BOOST_TEST(kafka.made_to_leave.empty());
}

BOOST_AUTO_TEST_CASE(a_report_that_is_older_than_a_known_one_changes_nothing) {
  begin_sharing();
  leases->give_to_other(spec.id, 9);
  const auto told = [&](std::uint64_t number, consumer_status status) {
    auto view = std::make_shared<consumer_view>();
    view->status = status;
    auto reports = std::make_shared<std::vector<instance_report>>();
    reports->push_back({.consumer = spec.id, .epoch = 9, .change = 1, .number = number, .view = view});
    caf::anon_send(supervisor, told_atom::value, instance_reports(reports));
    run();
  };
  told(5, consumer_status::error);
  told(4, consumer_status::active);
  BOOST_TEST((this->view()->status == consumer_status::error));
  told(6, consumer_status::active);
  BOOST_TEST((this->view()->status == consumer_status::active));
  told(0, consumer_status::error);  // an older version does not number them
  BOOST_TEST((this->view()->status == consumer_status::error));
}

BOOST_AUTO_TEST_CASE(a_change_of_another_replica_is_known_when_it_says_so) {
  begin_sharing();
  leases->give_to_other(spec.id, 9);
  stored->history[spec.id.value].back().target = target_state::stopped;
  stored->change[spec.id.value] = 2;
  const auto answered = ask<done>(changed_atom::value, spec.id, change_number{2});
  run();
  BOOST_TEST(answered->value.has_value());
  BOOST_TEST((view()->spec->target == target_state::stopped));
  const auto unknown = ask<done>(changed_atom::value, consumer_id{"new"}, change_number{3});
  run();
  BOOST_TEST(unknown->value.has_value());
}

BOOST_AUTO_TEST_CASE(an_answer_waits_until_the_others_know_the_change) {
  std::vector<caf::typed_response_promise<done>> waiting;
  announcer = system().spawn([&waiting](announcer_actor::pointer self) -> announcer_actor::behavior_type {
    return {[&waiting, self](announce_atom, const consumer_id&, change_number) -> caf::result<done> {
      waiting.push_back(self->make_response_promise<done>());
      return waiting.back();
    }};
  });
  begin_sharing();
  const auto started = ask<consumer_view_ptr>(start_atom::value, context, spec.id);
  const auto stopped = ask<consumer_view_ptr>(stop_atom::value, context, spec.id);
  run();
  BOOST_TEST(!stopped->value.has_value());
  BOOST_REQUIRE(!waiting.empty());
  for (auto& promise : waiting) promise.deliver(done{});
  waiting.clear();
  leases->looked(now_on_clock() + 1s);
  advance(1s);
  BOOST_TEST(stopped->value.has_value());
  caf::anon_send_exit(*announcer, caf::exit_reason::kill);
  run();
}

BOOST_AUTO_TEST_CASE(a_command_that_waits_for_the_leases_asks_for_a_look_and_is_answered_after_it) {
  spec.target = target_state::stopped;
  begin_sharing();
  advance(1s);
  leases->awaited.clear();
  const auto deleted = ask<done>(delete_atom::value, context, spec.id, revision_condition{});
  run();
  BOOST_TEST(!deleted->value.has_value());
  BOOST_REQUIRE(leases->awaited.size() == 1U);
  leases->look_for(spec.id, now_on_clock() - 1s);  // it began before the change
  run();
  BOOST_TEST(!deleted->value.has_value());
  BOOST_TEST(leases->awaited.size() == 2U);
  leases->look_for(spec.id, now_on_clock() + 1ms);
  run();
  BOOST_TEST(deleted->value.has_value());
  BOOST_TEST(leases->awaited.size() == 2U);
}

BOOST_AUTO_TEST_CASE(what_another_replica_tells_is_shown_as_its_own) {
  begin_sharing();
  leases->give_to_other(spec.id, 9);
  run();
  told_by_other(9, 1, consumer_status::active);
  BOOST_TEST(!runs());
  BOOST_TEST(view()->replica == "r2");
  BOOST_TEST((view()->state == consumer_state::running));
  told_by_other(8, 1, consumer_status::inactive);  // of an earlier lease
  BOOST_TEST((view()->status == consumer_status::active));
  leases->give_to_other(spec.id, 9, true);
  run();
  BOOST_TEST((status() == consumer_status::error));
  BOOST_TEST((view()->last_error->code == ec::replica_lost));
  BOOST_TEST(view()->replica.empty());
}

BOOST_AUTO_TEST_CASE(what_no_replica_shall_run_is_in_error_at_once_with_the_reason) {
  begin_sharing();
  BOOST_TEST((status() == consumer_status::active));  // it is about to be taken
  leases->reason = "no room";
  advance(1s);
  BOOST_TEST((status() == consumer_status::error));
  BOOST_TEST(view()->last_error->message.find("no room") != std::string::npos);
  leases->reason.clear();
  give(7);
  BOOST_TEST((status() == consumer_status::active));
}

BOOST_AUTO_TEST_CASE(who_cannot_renew_does_not_tell_that_another_replica_is_lost) {
  begin_sharing();
  leases->give_to_other(spec.id, 9, true);
  leases->renewed = false;
  run();
  advance(1s);
  BOOST_TEST((view()->last_error->code == ec::lease_lost));
}

BOOST_AUTO_TEST_CASE(a_change_without_a_condition_that_another_replica_has_overtaken_is_made_anew) {
  begin_sharing();
  auto other = spec;
  ++other.rev.value;
  other.consumer_group = "of another replica";
  stored->before_change = [this, other] {
    stored->history[spec.id.value].push_back(other);
    stored->change[spec.id.value] = ++stored->changes;
  };
  auto wanted = spec;
  wanted.topic = "mine";
  const auto changed = update(wanted);
  leases->looked(now_on_clock());
  advance(1s);
  leases->looked(now_on_clock());
  advance(1s);
  BOOST_TEST(changed->value.has_value());
  BOOST_TEST(stored->history.at(spec.id.value).size() == 3U);
  BOOST_TEST(stored->history.at(spec.id.value).back().topic == "mine");
}

// Whoever takes the number of its own change reads nothing of the one before any more.
BOOST_AUTO_TEST_CASE(a_stop_knows_the_change_by_another_replica_that_it_follows) {
  begin_sharing();
  auto other = spec;
  ++other.rev.value;
  other.topic = "of another replica";
  stored->before_change = [this, other] {
    stored->history[spec.id.value].push_back(other);
    stored->change[spec.id.value] = ++stored->changes;
  };
  const auto stopping = stop();
  leases->looked(now_on_clock());
  advance(1s);
  leases->looked(now_on_clock());
  advance(1s);
  BOOST_TEST(stopping->value.has_value());
  BOOST_TEST((stored->history.at(spec.id.value).back().target == target_state::stopped));
  BOOST_TEST(view()->spec->topic == "of another replica");
}

BOOST_AUTO_TEST_CASE(a_change_leaves_the_stop_by_another_replica_that_it_follows) {
  begin_sharing();
  stored->before_change = [this] {
    stored->history.at(spec.id.value).back().target = target_state::stopped;
    stored->change[spec.id.value] = ++stored->changes;
  };
  auto wanted = spec;
  wanted.topic = "mine";
  const auto changed = update(wanted);
  leases->looked(now_on_clock());
  advance(1s);
  leases->looked(now_on_clock());
  advance(1s);
  BOOST_TEST(changed->value.has_value());
  BOOST_TEST((stored->history.at(spec.id.value).back().target == target_state::stopped));
  BOOST_TEST((view()->spec->target == target_state::stopped));
}

BOOST_AUTO_TEST_CASE(what_another_replica_stores_while_a_change_is_checked_is_learned_before_the_change_is_made) {
  const auto gate = system().spawn([](caf::event_based_actor* self) -> caf::behavior {
    const auto waiting = std::make_shared<caf::response_promise>();
    return {[=](caf::get_atom) { return *waiting = self->make_response_promise(); },
            [=](caf::put_atom) { waiting->deliver(caf::ok_atom::value); }};
  });
  rules = system().spawn([gate, real = rules](rules_actor::pointer self) -> rules_actor::behavior_type {
    return {[self, real](create_atom, const requested_consumer& wanted) {
              return self->delegate(real, create_atom::value, wanted);
            },
            [self, real, gate](update_atom, const requested_change& change, const consumer_spec_ptr& before) {
              auto promise = self->make_response_promise<checked_spec>();
              self->request(gate, caf::infinite, caf::get_atom::value).then([=](caf::ok_atom) {
                self->request(real, caf::infinite, update_atom::value, change, before)
                    .then([promise](const checked_spec& checked) mutable { promise.deliver(checked); });
              });
              return promise;
            },
            [self, real](start_atom, const consumer_spec_ptr& wanted) {
              return self->delegate(real, start_atom::value, wanted);
            }};
  });
  begin_sharing();
  auto wanted = spec;
  wanted.topic = "mine";
  const auto changed = update(wanted, revision_condition::only(spec.rev));
  run();
  auto other = spec;
  ++other.rev.value;
  other.topic = "of another replica";
  other.target = target_state::stopped;
  store_by_other(other);
  const auto told = ask<done>(changed_atom::value, spec.id, change_number{stored->changes});
  run();
  caf::anon_send(gate, caf::put_atom::value);
  advance(1s);
  advance(1s);
  BOOST_TEST_REQUIRE(changed->refused.has_value());
  BOOST_TEST((changed->refused->code == ec::stale_revision));
  BOOST_TEST(told->value.has_value());
  BOOST_TEST(stored->history.at(spec.id.value).size() == 2U);
  BOOST_TEST(view()->spec->topic == "of another replica");
  BOOST_TEST((view()->spec->target == target_state::stopped));
  caf::anon_send_exit(rules, caf::exit_reason::kill);
  caf::anon_send_exit(gate, caf::exit_reason::kill);
  run();
}

BOOST_AUTO_TEST_CASE(a_creation_that_another_replica_has_just_carried_out_is_answered_as_repeated) {
  begin_sharing();
  auto twin = spec;
  twin.id = {"twin"};
  stored->before_change = [this, twin] {
    stored->history[twin.id.value] = {twin};
    stored->change[twin.id.value] = ++stored->changes;
  };
  const auto made = create(twin);
  advance(1s);
  BOOST_TEST_REQUIRE(made->value.has_value());
  BOOST_TEST(!made->value->created);
  BOOST_TEST(stored->history.at(twin.id.value).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_deletion_with_a_condition_follows_no_change_that_its_sender_does_not_know) {
  begin_sharing();
  auto other = spec;
  ++other.rev.value;
  stored->before_change = [this, other] {
    stored->history[spec.id.value].push_back(other);
    stored->change[spec.id.value] = ++stored->changes;
  };
  const auto removing = remove(revision_condition::only(spec.rev));
  advance(1s);
  BOOST_TEST_REQUIRE(removing->refused.has_value());
  BOOST_TEST((removing->refused->code == ec::stale_revision));
  BOOST_TEST(stored->history.contains(spec.id.value));
}

BOOST_AUTO_TEST_CASE(a_stop_through_a_replica_that_does_not_run_it_waits_for_the_one_that_does) {
  begin_sharing();
  leases->give_to_other(spec.id, 9);
  run();
  told_by_other(9, 1, consumer_status::active);
  const auto stopping = stop();
  advance(1s);
  BOOST_TEST(!stopping->value.has_value());
  told_by_other(9, 1, consumer_status::active);  // as it was before the stop
  BOOST_TEST(!stopping->value.has_value());
  told_by_other(9, 2, consumer_status::inactive);
  BOOST_TEST(stopping->value.has_value());
}

BOOST_AUTO_TEST_CASE(without_an_owner_a_look_after_the_change_settles_it) {
  begin_sharing();
  const auto stopping = stop();
  advance(1s);
  BOOST_TEST(!stopping->value.has_value());
  leases->looked(now_on_clock());
  advance(1s);
  BOOST_TEST(stopping->value.has_value());
}

BOOST_AUTO_TEST_CASE(what_another_replica_has_created_is_asked_of_the_store) {
  begin_unloaded();
  tell(1);
  BOOST_TEST(view() == nullptr);
  store_by_other(spec);
  BOOST_REQUIRE(view() != nullptr);
  BOOST_TEST(view()->spec->topic == spec.topic);
}

BOOST_AUTO_TEST_CASE(an_older_delivery_does_not_remove_what_was_just_created_here) {
  begin_unloaded();
  tell(1);
  BOOST_TEST(create(spec)->value.has_value());
  auto stale = std::make_shared<wanted_changes>();
  stale->up_to = 0;
  caf::anon_send(supervisor, wanted_atom::value, wanted_changes_ptr(stale));
  run();
  BOOST_TEST(view() != nullptr);
}

BOOST_AUTO_TEST_CASE(a_deleted_consumer_ends_here_and_its_lease_is_given_back) {
  begin_sharing();
  give(7);
  stored->history.erase(spec.id.value);
  tell(2, false);
  settle();
  BOOST_TEST(!runs());
  BOOST_TEST(latest().left);
  BOOST_TEST(view() == nullptr);
  leases->ask_back(spec.id);
  run();
  BOOST_REQUIRE(!leases->vacated_.empty());
}

BOOST_AUTO_TEST_CASE(a_lease_that_is_lost_ends_the_consumer_without_waiting_for_its_sinks) {
  begin_sharing();
  give(7);
  leases->take_away(spec.id);
  run();
  settle();
  BOOST_TEST(!runs());
  BOOST_TEST(!latest().left);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::supervisor_sharing_test
