#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>

#include "actors/kafka/departures.hpp"
#include "actors/kafka/rdkafka_clients.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/held_port.hpp"
#include "tests/support/holds_value.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/kafka_cluster.hpp"

namespace kfs::rdkafka_admin_test {

using namespace std::chrono_literals;

namespace {

using clock_type = std::chrono::steady_clock;

struct fixture {
  address_policy policy;
  departures leaving;
  std::unique_ptr<kafka_admin> admin = make_rdkafka_admin(policy, leaving, logger::silent());
  std::string group = test::unique_name("group");
  clock_type::time_point began = clock_type::now();

  clock_type::duration passed() const { return clock_type::now() - began; }
};

template <class T>
T value_of(const result<T>& got) {
  BOOST_TEST_REQUIRE(test::holds_value(got));
  return *got;
}

template <class T>
void is_fault(const result<T>& got, ec code, const std::string& names) {
  BOOST_REQUIRE(!got.has_value());
  BOOST_TEST(to_string(got.error().code) == to_string(code));
  BOOST_TEST(got.error().message.find(names) != std::string::npos, got.error().message);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(rdkafka_admin, fixture)

BOOST_AUTO_TEST_CASE(committed_offsets_are_listed_by_topic_and_partition) {
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  const auto topic = kafka.new_topic(3);
  kafka.produce_numbered(topic, 9, "", 3);
  kafka.commit(group, topic, 0, 1);
  kafka.commit(group, topic, 2, 3);

  const auto groups = value_of(admin->list_groups(kafka.bootstrap_servers()));
  BOOST_TEST(std::count(groups.begin(), groups.end(), group) == 1);
  const auto committed = value_of(admin->committed(kafka.bootstrap_servers(), group));
  BOOST_REQUIRE(committed.size() == 2u);
  BOOST_TEST((committed[0].topic == topic && committed[0].partition == 0 && committed[0].position == offset{1}));
  BOOST_TEST((committed[1].topic == topic && committed[1].partition == 2 && committed[1].position == offset{3}));
}

BOOST_AUTO_TEST_CASE(lag_is_listed_for_each_partition_with_a_committed_offset) {
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  const auto topic = kafka.new_topic(3);
  const auto other = kafka.new_topic();
  kafka.produce_numbered(topic, 9, "", 3);
  kafka.commit(group, topic, 0, 1);
  kafka.commit(group, topic, 2, 3);
  kafka.commit(group, other, 0, 0);

  const auto lags = value_of(admin->lag(kafka.bootstrap_servers(), group, topic));
  BOOST_REQUIRE(lags.size() == 2u);
  BOOST_TEST((lags[0].partition == 0 && lags[0].current == offset{1} && lags[0].log_end == offset{3}));
  BOOST_TEST((lags[1].partition == 2 && lags[1].current == offset{3} && lags[1].log_end == offset{3}));
}

BOOST_AUTO_TEST_CASE(a_group_that_only_keeps_offsets_is_described_with_its_coordinator) {
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  const auto topic = kafka.new_topic();
  kafka.commit(group, topic, 0, 0);
  const auto described = value_of(admin->describe(kafka.bootstrap_servers(), group));
  BOOST_TEST(described.state == "Empty");
  BOOST_TEST(described.members.empty());
  BOOST_TEST(described.coordinator_host + ":" + std::to_string(described.coordinator_port) ==
             kafka.bootstrap_servers());
}

BOOST_AUTO_TEST_CASE(a_group_that_does_not_exist_cannot_be_described) {
  is_fault(admin->describe(test::shared_bootstrap_servers(), group), ec::not_found, "does not exist");
}

BOOST_AUTO_TEST_CASE(an_unknown_group_has_committed_nothing) {
  const auto& brokers = test::shared_bootstrap_servers();
  BOOST_TEST(value_of(admin->committed(brokers, group)).empty());
  BOOST_TEST(value_of(admin->lag(brokers, group, "no-such-topic")).empty());
}

BOOST_AUTO_TEST_CASE(a_question_waits_for_a_broker_that_has_just_started) {
  const test::kafka_broker fresh;
  BOOST_TEST(value_of(admin->committed(fresh.bootstrap_servers(), group)).empty());
  BOOST_TEST(value_of(admin->list_groups(fresh.bootstrap_servers())).empty());
}

BOOST_AUTO_TEST_CASE(a_refused_connection_is_reported_at_once) {
  const test::held_port closed(false);
  is_fault(admin->list_groups(closed.address()), ec::broker_unreachable, closed.address());
  is_fault(admin->lag(closed.address(), group, "t"), ec::broker_unreachable, "Connection refused");
  BOOST_TEST((passed() < 6s));
}

BOOST_AUTO_TEST_CASE(a_name_that_does_not_resolve_is_reported_at_once) {
  is_fault(admin->list_groups("no-such-host.invalid:9092"), ec::broker_unreachable, "no-such-host.invalid");
}

BOOST_AUTO_TEST_CASE(an_unreachable_broker_does_not_hide_another_that_answers) {
  const test::held_port closed(false);
  value_of(admin->list_groups(closed.address() + "," + test::shared_bootstrap_servers()));
}

BOOST_AUTO_TEST_CASE(silence_is_reported_within_ten_seconds) {
  const test::held_port silent(true);
  is_fault(admin->committed(silent.address(), group), ec::broker_silent, silent.address());
  BOOST_TEST((passed() < 10s));
}

BOOST_AUTO_TEST_CASE(forbidden_brokers_are_not_asked) {
  is_fault(admin->list_groups("169.254.169.254:80"), ec::invalid_request, "169.254.169.254");
  is_fault(admin->list_groups("no port"), ec::invalid_request, "bootstrap servers");
}

BOOST_AUTO_TEST_CASE(the_address_of_a_name_is_checked_when_it_is_connected_to) {
  const auto only_elsewhere = value_of(address_policy::parse({"192.0.2.0/24"}, "KAFKA_ALLOWED_BROKERS"));
  const auto guarded = make_rdkafka_admin(only_elsewhere, leaving, logger::silent());
  const test::held_port silent(true);
  const auto port = silent.address().substr(silent.address().find(':'));
  is_fault(guarded->list_groups("localhost" + port), ec::broker_unreachable, "KAFKA_ALLOWED_BROKERS");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::rdkafka_admin_test
