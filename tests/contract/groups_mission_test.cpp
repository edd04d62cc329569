// Sections 3.2 and 3.5 of the mission with a real broker and the mission's numbers.

#include <boost/test/unit_test.hpp>

#include "tests/contract/contract_server.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/kafka_cluster.hpp"

namespace kfs::groups_mission_test {

using namespace kfs::contract;
using namespace std::chrono_literals;

namespace {

void produce(test::kafka_cluster& cluster, const std::string& topic, std::int32_t partition, int count) {
  std::vector<test::test_record> records(static_cast<std::size_t>(count));
  for (auto& record : records) {
    record.value = "value";
    record.partition = partition;
  }
  cluster.produce(topic, records);
}

json offset_and_lag(int current, int log_end, int lag) {
  return {{"current_offset", current}, {"log_end_offset", log_end}, {"lag", lag}};
}

/// Runs a consumer of `group` until it has committed all records of `topic`, then stops it.
void consume(contract_server& server, test::kafka_cluster& cluster, const std::string& topic, const std::string& group,
             int partitions) {
  auto body = local_consumer(server.file(topic + ".log"), cluster.bootstrap_servers(), topic);
  body["consumer_group"] = group;
  const auto path = path_of(server.created(body));
  const bool done = test::eventually(30s, [&] {
    for (int partition = 0; partition < partitions; ++partition) {
      const auto end = cluster.log_end(topic, partition);
      if (end > 0 && cluster.committed(group, topic, partition) != end) return false;
    }
    return true;
  });
  BOOST_TEST_REQUIRE(done, "group " << group << " has not committed all of " << topic);
  BOOST_TEST_REQUIRE(server.post(path + "/stop").status == 200);
}

/// A server and the broker that all suites share.
struct with_broker {
  test::kafka_cluster cluster{test::shared_bootstrap_servers()};
  contract_server server{cluster.bootstrap_servers()};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(groups_mission)

BOOST_AUTO_TEST_CASE(the_example_of_the_mission_is_answered_with_its_numbers) {
  test::kafka_broker broker;
  test::kafka_cluster cluster{broker.bootstrap_servers()};
  contract_server server{broker.bootstrap_servers()};
  cluster.create_topic("payments", 3);
  cluster.create_topic("orders", 1);
  produce(cluster, "payments", 0, 42);
  produce(cluster, "payments", 1, 109);
  produce(cluster, "payments", 2, 87);
  produce(cluster, "orders", 0, 15);
  consume(server, cluster, "payments", "payment_group", 3);
  consume(server, cluster, "orders", "payment_group", 1);
  produce(cluster, "payments", 0, 3);
  produce(cluster, "payments", 2, 5);

  const std::string query = "?group_id=payment_group&bootstrap_servers=" + broker.bootstrap_servers();
  const auto offsets = server.get("/monitor/consumer-group-offsets" + query, {"Accept: application/json"});
  BOOST_TEST(offsets.status == 200);
  BOOST_TEST(offsets.content().at("payments").dump() == R"({"0":42,"1":109,"2":87})");
  BOOST_TEST(offsets.content().at("orders").dump() == R"({"0":15})");
  BOOST_TEST(offsets.content().size() == 2U);

  const json lags{
      {"0", offset_and_lag(42, 45, 3)}, {"1", offset_and_lag(109, 109, 0)}, {"2", offset_and_lag(87, 92, 5)}};
  const auto lag = server.get("/monitor/consumer-group-lag" + query + "&topic=payments");
  BOOST_TEST(lag.status == 200);
  BOOST_TEST(lag.content().dump() == lags.dump());
  const auto default_lag = server.get("/monitor/consumer-group-lag?group_id=payment_group&topic=payments");
  BOOST_TEST(default_lag.content().dump() == lags.dump());

  for (const auto* const group : {"order_group", "inventory_group"}) cluster.commit(group, "orders", 0, 1);
  const auto known = server.get("/consumergroups/");
  BOOST_TEST(known.status == 200);
  BOOST_TEST(known.body == R"({"consumer_groups":["payment_group"]})");
  const auto all = server.get("/consumergroups?all_groups=true").content();
  BOOST_TEST(all.dump() == R"({"consumer_groups":["inventory_group","order_group","payment_group"]})");
}

BOOST_FIXTURE_TEST_CASE(offsets_of_a_group_are_listed_by_topic_and_partition, with_broker) {
  const auto topic = cluster.new_topic(2);
  const auto group = test::unique_name("group");
  produce(cluster, topic, 0, 42);
  produce(cluster, topic, 1, 109);
  consume(server, cluster, topic, group, 2);

  const auto answered = server.get("/consumergroups/" + group + "/offsets");
  BOOST_TEST(answered.status == 200);
  const auto content = answered.content();
  BOOST_TEST(content.at("group_id") == group);
  BOOST_TEST_REQUIRE(content.at("offsets").size() == 2U);
  const std::vector<std::string> keys{"topic", "partition", "current_offset", "metadata"};
  const std::vector<int> expected{42, 109};
  for (std::size_t partition = 0; partition < 2; ++partition) {
    const auto& entry = content.at("offsets").at(partition);
    BOOST_TEST(keys_of(entry) == keys, boost::test_tools::per_element());
    BOOST_TEST(entry.at("topic") == topic);
    BOOST_TEST(entry.at("partition") == partition);
    BOOST_TEST(entry.at("current_offset") == expected[partition]);
    BOOST_TEST((entry.at("metadata").is_null() || entry.at("metadata").is_string()));
  }
}

BOOST_FIXTURE_TEST_CASE(a_group_is_described_with_its_members_and_their_partitions, with_broker) {
  const auto topic = cluster.new_topic(3);
  auto body = local_consumer(server.file(topic + ".log"), cluster.bootstrap_servers(), topic);
  const auto group = body["consumer_group"] = test::unique_name("group");
  const auto made = server.created(body);
  const auto path = "/consumergroups/" + group.get<std::string>();
  json seen;
  BOOST_TEST_REQUIRE(test::eventually(30s, [&] {
    const auto answered = server.get(path);
    if (answered.status != 200) return false;
    seen = answered.content();
    return seen.at("state") == "Stable" && !seen.at("members").empty() &&
           !seen.at("members").at(0).at("assignments").empty();
  }));
  const auto& id = made.at("consumer_id");
  BOOST_TEST(seen.at("group_id") == group);
  BOOST_TEST(seen.at("protocol_type") == "consumer");
  BOOST_TEST(seen.at("assignor") == "cooperative-sticky");
  BOOST_TEST(seen.at("consumers") == json::array({id}));
  BOOST_TEST_REQUIRE(seen.at("members").size() == 1U);
  const auto& member = seen.at("members").at(0);
  BOOST_TEST(member.at("group_instance_id").get<std::string>().find(id.get<std::string>()) != std::string::npos);
  BOOST_TEST(member.at("assignments") == json::array({{{"topic", topic}, {"partitions", {0, 1, 2}}}}));

  BOOST_TEST_REQUIRE(server.post(path_of(made) + "/stop").status == 200);
  const auto stopped = server.get(path).content();
  BOOST_TEST(stopped.at("state") == "Empty");
  BOOST_TEST(stopped.at("members").empty());
  BOOST_TEST(stopped.at("consumers") == json::array({id}));
  const auto unknown = server.get("/consumergroups/no%20such%2Fgroup");
  BOOST_TEST(unknown.status == 404);
  BOOST_TEST(unknown.content().at("detail") == "Consumer group 'no such/group' not found.");
}

BOOST_AUTO_TEST_CASE(a_server_without_consumers_knows_no_groups) {
  contract_server server;
  for (const auto* const path : {"/consumergroups/", "/consumergroups?all_groups=false"}) {
    const auto answered = server.get(path);
    BOOST_TEST(answered.status == 200);
    BOOST_TEST(answered.body == R"({"consumer_groups":[]})");
  }
}

BOOST_AUTO_TEST_CASE(each_group_of_stopped_consumers_is_listed_once_without_asking_a_broker) {
  contract_server server;
  auto body = mission_consumer(server.file("values.log"));
  body["auto_start"] = false;
  server.created(body);
  server.created(body);
  BOOST_TEST(server.get("/consumergroups/").body == R"({"consumer_groups":["payment_group"]})");
}

BOOST_FIXTURE_TEST_CASE(an_unknown_group_is_answered_404_with_the_text_of_the_mission, with_broker) {
  const auto answered = server.get("/consumergroups/some_unknown_group/offsets");
  BOOST_TEST(answered.status == 404);
  BOOST_TEST(answered.body == R"({"detail":"Consumer group 'some_unknown_group' not found or no offsets committed."})");
}

BOOST_FIXTURE_TEST_CASE(the_lag_of_a_group_without_commits_is_404, with_broker) {
  const auto topic = cluster.new_topic();
  BOOST_TEST(server.get("/monitor/consumer-group-lag?group_id=some_unknown_group&topic=" + topic).status == 404);
}

BOOST_FIXTURE_TEST_CASE(the_lag_lists_only_partitions_with_a_committed_offset, with_broker) {
  const auto topic = cluster.new_topic(2);
  const auto group = test::unique_name("group");
  produce(cluster, topic, 0, 5);
  produce(cluster, topic, 1, 5);
  cluster.commit(group, topic, 1, 2);
  const auto lag = server.get("/monitor/consumer-group-lag?group_id=" + group + "&topic=" + topic);
  BOOST_TEST(lag.content().dump() == json({{"1", offset_and_lag(2, 5, 3)}}).dump());
}

BOOST_FIXTURE_TEST_CASE(a_group_name_with_spaces_and_slashes_is_percent_encoded, with_broker) {
  const auto topic = cluster.new_topic();
  produce(cluster, topic, 0, 1);
  const auto name = test::unique_name("a b/c");
  cluster.commit(name, topic, 0, 1);
  const auto encoded = test::url_encoded(name);
  BOOST_TEST(server.get("/consumergroups/" + encoded + "/offsets").content().at("group_id") == name);
  BOOST_TEST(server.get("/monitor/consumer-group-offsets?group_id=" + encoded).content().at(topic).at("0") == 1);
}

BOOST_AUTO_TEST_CASE(an_unreachable_broker_is_answered_502_with_its_address) {
  contract_server server{"127.0.0.1:1"};
  for (const auto* const path :
       {"/consumergroups?all_groups=true", "/consumergroups/some_group/offsets",
        "/monitor/consumer-group-offsets?group_id=g", "/monitor/consumer-group-lag?group_id=g&topic=t"}) {
    const auto answered = server.get(path);
    BOOST_TEST(answered.status == 502);
    BOOST_TEST(answered.detail().find("127.0.0.1:1") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(each_missing_query_parameter_is_named) {
  contract_server server;
  const auto both = server.get("/monitor/consumer-group-lag");
  BOOST_TEST(both.status == 422);
  BOOST_TEST_REQUIRE(both.content().at("detail").size() == 2U);
  BOOST_TEST(both.content().at("detail").at(0).at("type") == "missing");
  BOOST_TEST(both.content().at("detail").at(0).at("loc") == json({"query", "group_id"}));
  BOOST_TEST(both.content().at("detail").at(1).at("loc") == json({"query", "topic"}));
  BOOST_TEST(server.get("/monitor/consumer-group-offsets").content().at("detail").at(0).at("loc") ==
             json({"query", "group_id"}));
  const auto no_boolean = server.get("/consumergroups?all_groups=perhaps");
  BOOST_TEST(no_boolean.status == 422);
  BOOST_TEST(no_boolean.content().at("detail").at(0).at("loc") == json({"query", "all_groups"}));
}

BOOST_FIXTURE_TEST_CASE(names_that_no_group_can_have_are_refused_before_kafka_is_asked, with_broker) {
  for (const auto* name : {"%FF", "%C3%28", "%ED%A0%80", "a%00b", "%C0%AF", "%F5%80%80%80", "%00"}) {
    BOOST_TEST(server.get(std::string("/consumergroups/") + name).status == 404, name);
    BOOST_TEST(server.get(std::string("/consumergroups/") + name + "/offsets").status == 404, name);
    BOOST_TEST(server.get(std::string("/monitor/consumer-group-offsets?group_id=") + name).status == 422, name);
    BOOST_TEST(server.get(std::string("/monitor/consumer-group-lag?topic=t&group_id=") + name).status == 422, name);
  }
  BOOST_TEST(server.get("/consumergroups/%F0%9F%9A%80").status == 404);  // any text of UTF-8 may be a group
  BOOST_TEST(server.get("/consumergroups/g?consumer_id=x").status == 422);
  const auto unknown = server.get("/consumergroups/g?consumer_id=123e4567-e89b-42d3-a456-426614174000");
  BOOST_TEST(unknown.status == 404);
  BOOST_TEST(unknown.body.find("Consumer '123e4567") != std::string::npos, unknown.body);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::groups_mission_test
