// Which of several replicas makes a member leave its Kafka group: the one that nobody goes on for, and only that one.
#include "tests/unit/actors/supervisor/sharing_fixture.hpp"

namespace kfs::supervisor_leaving_test {

using namespace std::chrono_literals;
using test::sharing;

BOOST_FIXTURE_TEST_SUITE(supervisor_leaving, sharing)

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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::supervisor_leaving_test
