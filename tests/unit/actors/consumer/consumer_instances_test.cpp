#include "actors/consumer/instances.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/unit/actors/consumer/consumer_fixture.hpp"

namespace kfs::consumer_instances_test {

using namespace kfs::test;

namespace {

struct instances_fixture : consumer_fixture {
  instances_fixture() {
    spec.options = {{"instances", 3}};
    begin();
    run();
  }

  fake_client_script& client_of(std::size_t instance) { return *kafka.made.at(instance); }

  void tell(std::size_t instance, kafka_event what) {
    client_of(instance).bring(std::move(what));
    client_of(instance).wake();
    run();
  }

  void is_well(std::size_t instance) {
    tell(instance, kafka_sample{.broker_up = true, .since_answer = {}, .ever_answered = true, .joined = true});
  }
};

const kafka_fault lost_rights{{ec::authorization_failed, "the topic is denied"}, true};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(consumer_instances, instances_fixture)

BOOST_AUTO_TEST_CASE(each_instance_is_a_client_of_its_own) {
  BOOST_TEST(kafka.made.size() == 3u);
  for (const auto& made : kafka.made) BOOST_TEST(made->started);
}

BOOST_AUTO_TEST_CASE(they_are_well_once_all_of_them_are) {
  is_well(0);
  is_well(1);
  BOOST_TEST(!seen->healthy);
  is_well(2);
  BOOST_TEST(seen->healthy);
}

BOOST_AUTO_TEST_CASE(the_fault_of_one_is_the_fault_of_all_and_names_it) {
  for (std::size_t instance = 0; instance < 3; ++instance) is_well(instance);
  tell(1, kafka_fault{{ec::topic_missing, "there is no topic"}});
  BOOST_REQUIRE(seen->fault.has_value());
  BOOST_TEST((seen->fault->code == ec::topic_missing));
  BOOST_TEST(seen->fault->message == "instance 1: there is no topic");
  BOOST_TEST(!seen->healthy);
}

BOOST_AUTO_TEST_CASE(partitions_of_all_are_told_in_order) {
  tell(2, partitions_assigned{{0}});
  tell(0, partitions_assigned{{1}});
  for (std::size_t instance : {0, 2}) {
    const auto& asked = client_of(instance).located.at(0);
    tell(instance, partitions_located{.round = asked.round,
                                      .source = memory_source(),
                                      .partitions = {{asked.partitions.at(0), {offset{5}, true}}},
                                      .failed = {}});
  }
  BOOST_REQUIRE(seen->partitions.size() == 2u);
  BOOST_TEST(seen->partitions[0].partition == 0);
  BOOST_TEST(seen->partitions[1].partition == 1);
}

BOOST_AUTO_TEST_CASE(a_drain_ends_all_of_them) {
  drain();
  advance(std::chrono::seconds(20));
  BOOST_TEST(drained);
  BOOST_TEST(ended);
  BOOST_TEST(!ended_by.has_value());
}

BOOST_AUTO_TEST_CASE(when_one_ends_by_itself_the_others_are_drained_and_the_reason_names_it) {
  tell(1, lost_rights);
  advance(std::chrono::seconds(20));
  BOOST_TEST(!ended);  // the others are drained first
  advance(std::chrono::seconds(20));
  BOOST_TEST(ended);
  BOOST_REQUIRE(ended_by.has_value());
  BOOST_TEST((ended_by->code == ec::authorization_failed));
  BOOST_TEST(ended_by->message == "instance 1: the topic is denied");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::consumer_instances_test
