// GET /consumers/{id}/lag and GET /consumergroups/{group}/lag: their shape, and what is refused. contract_server checks
// that every answer matches its schema.

#include <boost/test/unit_test.hpp>

#include "tests/contract/contract_server.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/kafka_cluster.hpp"

namespace kfs::lag_test {

using namespace kfs::contract;
using namespace std::chrono_literals;

namespace {

struct with_broker {
  test::kafka_cluster cluster{test::shared_bootstrap_servers()};
  contract_server server{cluster.bootstrap_servers()};
  std::string group = test::unique_name("group");
};

const std::vector<std::string> partition_keys{
    "partition", "committed_offset", "position", "log_start_offset", "log_end_offset",
    "lag",       "lag_seconds",      "verdict",  "reason",           "catch_up_seconds"};

}  // namespace

BOOST_AUTO_TEST_SUITE(lag)

BOOST_FIXTURE_TEST_CASE(the_lag_of_a_group_has_the_shape_of_the_contract, with_broker) {
  const auto topic = cluster.new_topic();
  cluster.produce_numbered(topic, 8);
  cluster.commit(group, topic, 0, 3);
  const auto answered = server.get("/consumergroups/" + group + "/lag?topic=" + topic);
  BOOST_TEST_REQUIRE(answered.status == 200, answered.body);
  const auto content = answered.content();
  const std::vector<std::string> keys{"group_id",         "state", "lag", "lag_seconds", "verdict", "reason",
                                      "catch_up_seconds", "topics"};
  BOOST_TEST(keys_of(content) == keys, boost::test_tools::per_element());
  BOOST_TEST(content.at("group_id") == group);
  BOOST_TEST(content.at("lag") == 5);
  BOOST_TEST(content.at("verdict") == "STOPPED");
  BOOST_TEST(content.at("reason") == "no_member");
  BOOST_TEST_REQUIRE(content.at("topics").size() == 1U);
  const auto& partition = content.at("topics").at(0).at("partitions").at(0);
  BOOST_TEST(keys_of(partition) == partition_keys, boost::test_tools::per_element());
  BOOST_TEST(partition.at("committed_offset") == 3);
  BOOST_TEST(partition.at("position").is_null());
  BOOST_TEST(partition.at("log_start_offset") == 0);
  BOOST_TEST(partition.at("log_end_offset") == 8);
}

BOOST_FIXTURE_TEST_CASE(the_lag_of_a_consumer_has_its_id_and_position, with_broker) {
  const auto topic = cluster.new_topic(2);
  cluster.produce_numbered(topic, 8, "", 2);
  auto body = local_consumer(server.file("values.log"), cluster.bootstrap_servers(), topic);
  body["consumer_group"] = group;
  body["options"] = {{"lag", {{"window_ms", 20'000}, {"warn_seconds", 5}, {"warn_records", 10}}}};
  const auto made = server.created(body);
  json content;
  BOOST_TEST_REQUIRE(test::eventually(30s, [&] {
    const auto answered = server.get(path_of(made) + "/lag");
    if (answered.status != 200) return false;
    content = answered.content();
    return content.at("lag") == 0 && content.at("topics").at(0).at("partitions").at(1).at("position") == 4;
  }));
  BOOST_TEST(content.at("consumer_id") == made.at("consumer_id"));
  BOOST_TEST(content.at("group_id") == group);
  BOOST_TEST(content.at("verdict") == "OK");
  BOOST_TEST(content.at("lag_seconds") == 0);
}

BOOST_FIXTURE_TEST_CASE(the_history_of_a_consumer_tells_its_records_by_step, with_broker) {
  const auto topic = cluster.new_topic();
  auto body = local_consumer(server.file("history.log"), cluster.bootstrap_servers(), topic);
  body["consumer_group"] = group;
  body["options"] = {{"auto_offset_reset", "earliest"}};
  const auto path = path_of(server.created(body)) + "/history";
  const auto told = [&](const auto& of_steps) {
    return test::eventually(60s, [&] {
      const auto answered = server.get(path);
      BOOST_TEST_REQUIRE(answered.status == 200, answered.body);
      return of_steps(answered.content().at("steps"));
    });
  };
  // From the step after the one in which it joined, everything is counted.
  BOOST_TEST_REQUIRE(told([](const json& steps) {
    return !steps.empty() && steps.back().at("lag") == 0 && steps.back().at("records") == 0;
  }));
  cluster.produce_numbered(topic, 8);
  std::int64_t records = 0;
  BOOST_TEST(told([&](const json& steps) {
    records = 0;
    for (const auto& step : steps) records += step.at("records").is_null() ? 0 : step.at("records").get<int>();
    return records >= 8;
  }));
  BOOST_TEST(records == 8);
  const auto last = server.get(path).content().at("steps").back();
  BOOST_TEST(last.at("status") == "ACTIVE");
  BOOST_TEST(last.at("lag") == 0);
  BOOST_TEST(last.at("lag_seconds") == 0);
  BOOST_TEST(last.at("errors") == 0);
}

BOOST_FIXTURE_TEST_CASE(what_is_wrong_or_unknown_is_refused, with_broker) {
  BOOST_TEST(server.get("/consumers/123e4567-e89b-42d3-a456-426614174000/history").status == 404);
  BOOST_TEST(server.get("/consumers/x/history").status == 404);
  BOOST_TEST(server.get("/consumergroups/no_such_group/lag").status == 404);
  BOOST_TEST(server.get("/consumergroups/g/lag?topic=a%20b").status == 422);
  BOOST_TEST(server.get("/consumergroups/g/lag?consumer_id=x").status == 422);
  BOOST_TEST(server.get("/consumergroups/%FF/lag").status == 404);
  BOOST_TEST(server.get("/consumers/123e4567-e89b-42d3-a456-426614174000/lag").status == 404);
  BOOST_TEST(server.get("/consumers/nonsense/lag").status == 404);
}

BOOST_AUTO_TEST_CASE(an_unreachable_broker_is_answered_502_with_its_address) {
  contract_server server{"127.0.0.1:1"};
  const auto made = server.created(mission_consumer(server.file("values.log")));
  for (const auto& path : {std::string("/consumergroups/some_group/lag"), path_of(made) + "/lag"}) {
    const auto answered = server.get(path);
    BOOST_TEST(answered.status == 502, path);
    BOOST_TEST(answered.detail().find("127.") != std::string::npos, answered.body);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::lag_test
