#include <librdkafka/rdkafka.h>

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

/// A member of a group, for the life of this object.
class member {
 public:
  member(const std::string& brokers, const std::string& group, const std::string& topic) {
    auto* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), nullptr, 0);
    rd_kafka_conf_set(conf, "group.id", group.c_str(), nullptr, 0);
    client_ = rd_kafka_new(RD_KAFKA_CONSUMER, conf, nullptr, 0);
    auto* topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, topic.c_str(), RD_KAFKA_PARTITION_UA);
    rd_kafka_subscribe(client_, topics);
    rd_kafka_topic_partition_list_destroy(topics);
  }
  ~member() { rd_kafka_destroy(client_); }
  member(const member&) = delete;
  member& operator=(const member&) = delete;

  /// Does what is due, and is true.
  [[nodiscard]] bool polls() const {
    if (auto* message = rd_kafka_consumer_poll(client_, 50); message != nullptr) rd_kafka_message_destroy(message);
    return true;
  }

 private:
  rd_kafka_t* client_;
};

/// Four records in each of three partitions, two in each half of a time.
struct group_with_offsets : fixture {
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  std::string topic = kafka.new_topic(3);
  asked_cluster cluster{kafka.bootstrap_servers()};
  timestamp first_half = now();
  timestamp second_half;

  group_with_offsets() {
    kafka.produce_numbered(topic, 6, "", 3);
    // The records of the second half are younger by the clock of the broker, which has milliseconds.
    BOOST_TEST_REQUIRE(test::eventually(
        1s, [this] { return now() > first_half + 5ms; }, 1ms));
    second_half = now();
    kafka.produce_numbered(topic, 6, "", 3);
  }

  [[nodiscard]] offset_order order(offset_change change, bool dry_run = false) const {
    return {.group = group, .topic = topic, .change = std::move(change), .dry_run = dry_run};
  }

  void commit(std::int64_t first, std::int64_t second, std::int64_t third) {
    const offset_change change{offset_change::exactly{{{0, offset{first}}, {1, offset{second}}, {2, offset{third}}}}};
    value_of(admin->change_offsets(cluster, order(change)));
  }

  [[nodiscard]] std::vector<std::int64_t> positions() const {
    std::vector<std::int64_t> found;
    for (const auto& one : value_of(admin->committed(cluster, group))) found.push_back(one.position.value);
    return found;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(rdkafka_admin, fixture)

BOOST_AUTO_TEST_CASE(committed_offsets_are_listed_by_topic_and_partition) {
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  const auto topic = kafka.new_topic(3);
  kafka.produce_numbered(topic, 9, "", 3);
  kafka.commit(group, topic, 0, 1);
  kafka.commit(group, topic, 2, 3);

  const auto groups = value_of(admin->list_groups({kafka.bootstrap_servers()}));
  BOOST_TEST(std::count(groups.begin(), groups.end(), group) == 1);
  const auto committed = value_of(admin->committed({kafka.bootstrap_servers()}, group));
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

  const auto lags = value_of(admin->lag({kafka.bootstrap_servers()}, group, topic));
  BOOST_REQUIRE(lags.size() == 2u);
  BOOST_TEST((lags[0].partition == 0 && lags[0].current == offset{1} && lags[0].log_end == offset{3}));
  BOOST_TEST((lags[1].partition == 2 && lags[1].current == offset{3} && lags[1].log_end == offset{3}));
}

BOOST_AUTO_TEST_CASE(a_group_that_only_keeps_offsets_is_described_with_its_coordinator) {
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  const auto topic = kafka.new_topic();
  kafka.commit(group, topic, 0, 0);
  const auto described = value_of(admin->describe({kafka.bootstrap_servers()}, group));
  BOOST_TEST(described.state == "Empty");
  BOOST_TEST(described.members.empty());
  BOOST_TEST(described.coordinator_host + ":" + std::to_string(described.coordinator_port) ==
             kafka.bootstrap_servers());
}

BOOST_AUTO_TEST_CASE(a_group_that_does_not_exist_cannot_be_described) {
  is_fault(admin->describe({test::shared_bootstrap_servers()}, group), ec::not_found, "does not exist");
}

BOOST_AUTO_TEST_CASE(an_unknown_group_has_committed_nothing) {
  const auto& brokers = test::shared_bootstrap_servers();
  BOOST_TEST(value_of(admin->committed({brokers}, group)).empty());
  BOOST_TEST(value_of(admin->lag({brokers}, group, "no-such-topic")).empty());
}

BOOST_AUTO_TEST_CASE(a_question_waits_for_a_broker_that_has_just_started) {
  const test::kafka_broker fresh;
  BOOST_TEST(value_of(admin->committed({fresh.bootstrap_servers()}, group)).empty());
  BOOST_TEST(value_of(admin->list_groups({fresh.bootstrap_servers()})).empty());
}

BOOST_AUTO_TEST_CASE(a_refused_connection_is_reported_at_once) {
  const test::held_port closed(false);
  is_fault(admin->list_groups({closed.address()}), ec::broker_unreachable, closed.address());
  is_fault(admin->lag({closed.address()}, group, "t"), ec::broker_unreachable, "Connection refused");
  BOOST_TEST((passed() < 6s));
}

BOOST_AUTO_TEST_CASE(a_name_that_does_not_resolve_is_reported_at_once) {
  is_fault(admin->list_groups({"no-such-host.invalid:9092"}), ec::broker_unreachable, "no-such-host.invalid");
}

BOOST_AUTO_TEST_CASE(an_unreachable_broker_does_not_hide_another_that_answers) {
  const test::held_port closed(false);
  value_of(admin->list_groups({closed.address() + "," + test::shared_bootstrap_servers()}));
}

BOOST_AUTO_TEST_CASE(silence_is_reported_within_ten_seconds) {
  const test::held_port silent(true);
  is_fault(admin->committed({silent.address()}, group), ec::broker_silent, silent.address());
  BOOST_TEST((passed() < 10s));
}

BOOST_AUTO_TEST_CASE(forbidden_brokers_are_not_asked) {
  is_fault(admin->list_groups({"169.254.169.254:80"}), ec::invalid_request, "169.254.169.254");
  is_fault(admin->list_groups({"no port"}), ec::invalid_request, "bootstrap servers");
}

BOOST_AUTO_TEST_CASE(the_address_of_a_name_is_checked_when_it_is_connected_to) {
  const auto only_elsewhere = value_of(address_policy::parse({"192.0.2.0/24"}, "KAFKA_ALLOWED_BROKERS"));
  const auto guarded = make_rdkafka_admin(only_elsewhere, leaving, logger::silent());
  const test::held_port silent(true);
  const auto port = silent.address().substr(silent.address().find(':'));
  is_fault(guarded->list_groups({"localhost" + port}), ec::broker_unreachable, "KAFKA_ALLOWED_BROKERS");
}

BOOST_FIXTURE_TEST_CASE(offsets_are_changed_in_every_form_and_a_dry_run_tells_the_same, group_with_offsets) {
  struct form {
    offset_change change;
    std::vector<std::int64_t> after;  ///< of partitions 0, 1 and 2
  };
  const std::vector<form> forms{{{offset_change::earliest{}}, {0, 0, 0}},
                                {{offset_change::latest{}}, {4, 4, 4}},
                                {{offset_change::exactly{{{0, offset{3}}, {2, offset{1}}}}}, {3, 4, 1}},
                                {{offset_change::shifted{-2}}, {1, 2, 0}},
                                {{offset_change::shifted{1}, std::vector<partition_number>{1}}, {1, 3, 0}},
                                {{offset_change::at_time{first_half}}, {0, 0, 0}},
                                {{offset_change::at_time{second_half}}, {2, 2, 2}},
                                {{offset_change::at_time{second_half + 1h}}, {4, 4, 4}},
                                {{offset_change::exactly{{{1, offset{99}}}}}, {4, 4, 4}}};
  commit(1, 2, 3);
  for (const auto& [change, after] : forms) {
    const auto before = positions();
    const auto told = value_of(admin->change_offsets(cluster, order(change, true)));
    BOOST_TEST(positions() == before, boost::test_tools::per_element());
    const auto done = value_of(admin->change_offsets(cluster, order(change)));
    BOOST_TEST((done == told));
    BOOST_TEST(positions() == after, boost::test_tools::per_element());
    for (const auto& step : done)
      BOOST_TEST(step.records == before[static_cast<std::size_t>(step.partition)] - step.after.value);
  }
  for (const auto& one : value_of(admin->committed(cluster, group))) BOOST_TEST(!one.metadata.has_value());
}

BOOST_FIXTURE_TEST_CASE(a_group_that_has_committed_nothing_gets_offsets, group_with_offsets) {
  const auto done = value_of(admin->change_offsets(cluster, order({offset_change::latest{}})));
  BOOST_REQUIRE(done.size() == 3U);
  BOOST_TEST((!done[0].before && done[0].after == offset{4} && done[0].records == -4));
  BOOST_TEST(positions() == (std::vector<std::int64_t>{4, 4, 4}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(the_offsets_of_a_group_with_a_member_are_not_changed, group_with_offsets) {
  commit(1, 2, 3);
  const member joined(kafka.bootstrap_servers(), group, topic);
  BOOST_TEST_REQUIRE(test::eventually(
      30s, [&] { return joined.polls() && value_of(admin->describe(cluster, group)).members.size() == 1; }, 50ms));
  is_fault(admin->change_offsets(cluster, order({offset_change::earliest{}})), ec::cannot_apply, group);
  BOOST_TEST(positions() == (std::vector<std::int64_t>{1, 2, 3}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(changes_of_what_does_not_exist_are_refused, group_with_offsets) {
  is_fault(admin->change_offsets(cluster, order({offset_change::exactly{{{3, offset{0}}}}})), ec::invalid_request,
           "0 to 2, not 3");
  is_fault(admin->change_offsets(cluster, order({offset_change::shifted{1}})), ec::cannot_apply, "partition 0");
  auto of_no_topic = order({offset_change::earliest{}});
  of_no_topic.topic = test::unique_name("no-such-topic");
  is_fault(admin->change_offsets(cluster, of_no_topic), ec::topic_missing, of_no_topic.topic);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::rdkafka_admin_test
