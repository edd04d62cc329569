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
