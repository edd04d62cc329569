// The supervisor of one of several replicas, with a consumer whose instances run on different ones.
#include <algorithm>

#include "tests/unit/actors/supervisor/sharing_fixture.hpp"

namespace kfs::supervisor_instances_test {

using namespace std::chrono_literals;
using test::sharing;

namespace {

struct three_instances : sharing {
  three_instances() { spec.options = {{"instances", 3}}; }

  /// Instance 0 runs here, 1 on the other replica, 2 nowhere.
  void begin_spread() {
    begin_sharing();
    give(7);
    leases->give_to_other(spec.id, 8, false, 1);
    run();
    told_by_other(8, 1, consumer_status::active, 1);
  }
  std::size_t running() const {
    return static_cast<std::size_t>(std::ranges::count_if(kafka.made, [](const auto& one) { return !one->destroyed; }));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(supervisor_instances, three_instances)

BOOST_AUTO_TEST_CASE(only_the_instances_that_are_owned_run_and_each_is_reported) {
  begin_spread();
  BOOST_TEST(running() == 1U);
  leases->give(spec.id, 9, 2);
  run();
  BOOST_TEST(running() == 2U);
  BOOST_TEST(kafka.made.size() == 2U);  // the first one was not restarted
  advance(4s);
  BOOST_REQUIRE(reported->size() == 2U);
  BOOST_TEST(reported->at(0).instance == 0);
  BOOST_TEST(reported->at(0).epoch == 7U);
  BOOST_TEST(reported->at(1).instance == 2);
  BOOST_TEST(reported->at(1).epoch == 9U);
}

BOOST_AUTO_TEST_CASE(an_instance_that_goes_leaves_the_others_as_they_are) {
  begin_spread();
  leases->give(spec.id, 9, 2);
  run();
  leases->ask_back(spec.id, 2);
  run();
  settle();
  BOOST_TEST(running() == 1U);
  BOOST_TEST(kafka.made.at(0)->destroyed == false);
  BOOST_TEST(!kafka.made.at(1)->left);
  BOOST_REQUIRE(!leases->vacated_.empty());
  BOOST_TEST((leases->vacated_.front() == std::pair(2, std::uint64_t{9})));
}

BOOST_AUTO_TEST_CASE(members_and_numbers_are_those_of_all_replicas_and_each_member_names_its_replica) {
  begin_spread();
  leases->give_to_other(spec.id, 9, false, 2);
  run();
  told_by_other(9, 1, consumer_status::active, 2);
  const auto shown = view();
  BOOST_TEST(shown->replica == "r1");
  BOOST_TEST(shown->partitions.size() == 2U);
  BOOST_REQUIRE(shown->processors.size() >= 1U);
  BOOST_TEST(shown->processors.back().records == 20);
  for (const auto& member : shown->members) BOOST_TEST(member.replica == (member.instance == 0 ? "r1" : "r2"));
}

BOOST_AUTO_TEST_CASE(the_status_is_the_worst_of_all_instances_wherever_they_run) {
  begin_spread();
  BOOST_TEST((status() == consumer_status::active));
  told_by_other(8, 1, consumer_status::error, 1);
  BOOST_TEST((status() == consumer_status::error));
  BOOST_TEST((view()->last_error->code == ec::sink_unavailable));
  told_by_other(8, 1, consumer_status::active, 1);
  BOOST_TEST((status() == consumer_status::active));
  leases->give_to_other(spec.id, 8, true, 1);
  run();
  BOOST_TEST((status() == consumer_status::error));
  BOOST_TEST((view()->last_error->code == ec::replica_lost));
  BOOST_TEST(view()->last_error->message.starts_with("instance 1: "));
}

BOOST_AUTO_TEST_CASE(a_stop_is_answered_when_every_instance_on_every_replica_has_followed) {
  begin_spread();
  leases->give_to_other(spec.id, 9, false, 2);
  run();
  told_by_other(9, 1, consumer_status::active, 2);
  const auto stopping = stop();
  settle();
  advance(1s);
  BOOST_TEST(running() == 0U);
  BOOST_TEST(latest().left);
  told_by_other(8, 2, consumer_status::inactive, 1);
  advance(1s);
  BOOST_TEST(!stopping->value.has_value());
  told_by_other(9, 2, consumer_status::inactive, 2);
  advance(1s);
  BOOST_TEST(stopping->value.has_value());
}

BOOST_AUTO_TEST_CASE(fewer_instances_are_in_force_when_those_that_go_have_ended_and_left_the_group) {
  begin_spread();
  leases->give(spec.id, 9, 2);
  run();
  auto fewer = spec;
  fewer.options = {{"instances", 1}};
  const auto changing = update(fewer);
  settle();
  BOOST_TEST(kafka.made.at(1)->left);
  BOOST_TEST(running() == 1U);
  advance(1s);
  BOOST_TEST(!changing->value.has_value());  // instance 1 may still run
  leases->ask_back(spec.id, 2);
  leases->take_away(spec.id, 2);
  leases->take_away(spec.id, 1);
  leases->looked(now_on_clock());
  advance(1s);
  BOOST_REQUIRE(changing->value.has_value());
  BOOST_TEST(view()->members.size() <= 1U);
}

BOOST_AUTO_TEST_CASE(more_instances_are_run_as_soon_as_they_are_owned) {
  spec.options = {{"instances", 1}};
  begin_sharing();
  give(7);
  auto more = spec;
  more.options = {{"instances", 3}};
  const auto changing = update(more);
  settle();
  leases->looked(now_on_clock());
  advance(1s);
  BOOST_TEST(changing->value.has_value());
  leases->give(spec.id, 8, 1);
  leases->give(spec.id, 9, 2);
  run();
  BOOST_TEST(running() == 3U);
}

BOOST_AUTO_TEST_CASE(a_lease_of_an_instance_that_is_not_wanted_is_given_back) {
  spec.options = {{"instances", 1}};
  begin_sharing();
  leases->give(spec.id, 9, 2);
  run();
  BOOST_TEST(running() == 0U);
  leases->ask_back(spec.id, 2);
  run();
  BOOST_REQUIRE(!leases->vacated_.empty());
  BOOST_TEST((leases->vacated_.front() == std::pair(2, std::uint64_t{9})));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::supervisor_instances_test
