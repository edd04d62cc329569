// Commands through one of several replicas, while others give commands too: each follows what was stored before it.
#include "tests/unit/actors/supervisor/sharing_fixture.hpp"

namespace kfs::supervisor_shared_commands_test {

using namespace std::chrono_literals;
using test::sharing;

namespace {

/// The rules answer a change only after let_pass().
struct gated_rules : sharing {
  gated_rules() {
    rules = system().spawn([gate = gate, real = real](rules_actor::pointer self) -> rules_actor::behavior_type {
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
  }
  ~gated_rules() {
    caf::anon_send_exit(real, caf::exit_reason::kill);
    caf::anon_send_exit(gate, caf::exit_reason::kill);
  }
  gated_rules(const gated_rules&) = delete;
  gated_rules& operator=(const gated_rules&) = delete;

  void let_pass() { caf::anon_send(gate, caf::put_atom::value); }

 private:
  const rules_actor real = rules;
  const caf::actor gate = system().spawn([](caf::event_based_actor* self) -> caf::behavior {
    const auto waiting = std::make_shared<caf::response_promise>();
    return {[=](caf::get_atom) { return *waiting = self->make_response_promise(); },
            [=](caf::put_atom) { waiting->deliver(caf::ok_atom::value); }};
  });
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(supervisor_shared_commands, sharing)

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

BOOST_AUTO_TEST_CASE(a_change_without_a_condition_that_another_replica_has_overtaken_is_made_anew) {
  begin_sharing();
  auto other = spec;
  ++other.rev.value;
  other.consumer_group = "of another replica";
  stored->before_change = [this, other] { store_by_other(other); };
  auto wanted = spec;
  wanted.topic = "mine";
  const auto changed = update(wanted);
  look_twice();
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
  stored->before_change = [this, other] { store_by_other(other); };
  const auto stopping = stop();
  look_twice();
  BOOST_TEST(stopping->value.has_value());
  BOOST_TEST((stored->history.at(spec.id.value).back().target == target_state::stopped));
  BOOST_TEST(view()->spec->topic == "of another replica");
}

BOOST_AUTO_TEST_CASE(a_change_leaves_the_stop_by_another_replica_that_it_follows) {
  begin_sharing();
  auto stopped = spec;
  stopped.target = target_state::stopped;
  stored->before_change = [this, stopped] { store_by_other(stopped); };
  auto wanted = spec;
  wanted.topic = "mine";
  const auto changed = update(wanted);
  look_twice();
  BOOST_TEST(changed->value.has_value());
  BOOST_TEST((stored->history.at(spec.id.value).back().target == target_state::stopped));
  BOOST_TEST((view()->spec->target == target_state::stopped));
}

BOOST_FIXTURE_TEST_CASE(what_another_replica_stores_while_a_change_is_checked_is_learned_before_the_change_is_made,
                        gated_rules) {
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
  let_pass();
  advance(1s);
  advance(1s);
  BOOST_TEST_REQUIRE(changed->refused.has_value());
  BOOST_TEST((changed->refused->code == ec::stale_revision));
  BOOST_TEST(told->value.has_value());
  BOOST_TEST(stored->history.at(spec.id.value).size() == 2U);
  BOOST_TEST(view()->spec->topic == "of another replica");
  BOOST_TEST((view()->spec->target == target_state::stopped));
}

BOOST_AUTO_TEST_CASE(a_creation_that_another_replica_has_just_carried_out_is_answered_as_repeated) {
  begin_sharing();
  auto twin = spec;
  twin.id = {"twin"};
  stored->before_change = [this, twin] { store_by_other(twin); };
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
  stored->before_change = [this, other] { store_by_other(other); };
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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::supervisor_shared_commands_test
