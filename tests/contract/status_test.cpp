// GET /consumers/{consumer_id}/status: the observed and the wanted state.

#include <boost/test/unit_test.hpp>

#include "tests/contract/contract_server.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/kafka_cluster.hpp"

namespace kfs::status_test {

using namespace kfs::contract;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> status_keys{
    "consumer_id", "status",  "status_since", "state",      "wanted",    "revision", "observed_revision",
    "observed_at", "replica", "restarts",     "last_error", "recovery",  "paused",   "paused_partitions",
    "policies",    "lag",     "members",      "partitions", "processors"};

struct observed_server : contract_server {
  json status_of(const std::string& path) { return get(path + "/status").content(); }

  /// A consumer of a topic of the broker that all suites share.
  std::string consumer_of(test::kafka_cluster& cluster, const std::string& topic, json options = json::object()) {
    auto body = local_consumer(file(topic + ".log"), cluster.bootstrap_servers(), topic);
    body["options"] = std::move(options);
    return path_of(created(body));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(status, observed_server)

BOOST_AUTO_TEST_CASE(a_stopped_consumer_has_no_observations) {
  auto body = mission_consumer(file("values.log"));
  body["auto_start"] = false;
  const auto path = path_of(created(body));
  const auto content = status_of(path);
  BOOST_TEST(keys_of(content) == status_keys, boost::test_tools::per_element());
  BOOST_TEST(content.at("status") == "INACTIVE");
  BOOST_TEST(content.at("state") == "stopped");
  BOOST_TEST(content.at("wanted") == "stopped");
  BOOST_TEST(content.at("revision") == 1);
  for (const auto* const key : {"observed_revision", "observed_at", "last_error", "recovery", "lag"})
    BOOST_TEST(content.at(key).is_null(), key);
  for (const auto* const key : {"members", "partitions", "processors"}) BOOST_TEST(content.at(key).empty(), key);
  BOOST_TEST(get(path + "/status").header("etag") == "\"1\"");
}

BOOST_AUTO_TEST_CASE(a_running_consumer_shows_members_partitions_and_processors) {
  test::kafka_cluster cluster{test::shared_bootstrap_servers()};
  const auto topic = cluster.new_topic(2);
  cluster.produce_numbered(topic, 10, "", 2);
  const auto path = consumer_of(cluster, topic, {{"instances", 1}});

  const bool caught_up = test::eventually(30s, [&] {
    const auto now = status_of(path);
    return now.at("lag") == 0 && now.at("state") == "running" && now.at("partitions").size() == 2;
  });
  BOOST_TEST_REQUIRE(caught_up, get(path + "/status").body);
  const auto content = status_of(path);
  BOOST_TEST(content.at("observed_revision") == 1);
  BOOST_TEST(content.at("wanted") == "started");

  const auto& member = content.at("members").at(0);
  BOOST_TEST(member.at("connected") == true);
  BOOST_TEST(member.at("joined") == true);
  BOOST_TEST(member.at("partitions") == json::array({0, 1}));
  std::int64_t committed = 0;
  for (const auto& partition : content.at("partitions")) {
    BOOST_TEST(partition.at("position") == partition.at("log_end_offset"));
    BOOST_TEST(partition.at("lag") == 0);
    committed += partition.at("committed_offset").get<std::int64_t>();
  }
  BOOST_TEST(committed == 10);
  const auto& processor = content.at("processors").at(0);
  BOOST_TEST(processor.at("processor_type") == "file_sink");
  BOOST_TEST(processor.at("state") == "running");
  BOOST_TEST(processor.at("records") == 10);
  BOOST_TEST(processor.at("in_flight") == (json{{"batches", 0}, {"records", 0}}));
  BOOST_TEST(processor.at("breaker").is_null());
}

BOOST_AUTO_TEST_CASE(the_options_of_a_consumer_override_the_policies_of_the_server) {
  auto body = mission_consumer(file("values.log"));
  body["auto_start"] = false;
  body["options"] = {{"recovery", {{"max_attempts", 7}}}, {"on_error", {{"policy", "dead_letter"}}}};
  const auto policies = status_of(path_of(created(body))).at("policies");
  BOOST_TEST(policies.at("recovery").at("max_attempts") == 7);
  BOOST_TEST(policies.at("recovery").at("max_backoff_ms") == 60'000);
  BOOST_TEST(policies.at("on_error").at("policy") == "dead_letter");
  BOOST_TEST(policies.at("on_error").at("dead_letter_topic") == "payments.dead-letter");
}

BOOST_AUTO_TEST_CASE(an_unreachable_endpoint_shows_in_its_processor_and_its_breaker) {
  test::kafka_cluster cluster{test::shared_bootstrap_servers()};
  const auto topic = cluster.new_topic();
  cluster.produce_numbered(topic, 10);
  auto body = local_consumer(file("unused.log"), cluster.bootstrap_servers(), topic);
  body["processor_configs"] = json::array(
      {{{"processor_type", "streaming_forwarder"}, {"config", {{"endpoint_url", "http://127.0.0.1:1/in"}}}}});
  const auto path = path_of(created(body));
  const bool open = test::eventually(30s, [&] {
    const auto processors = status_of(path).at("processors");
    return !processors.empty() && processors.at(0).at("breaker").at("state") != "closed" &&
           processors.at(0).at("state") == "backing_off";
  });
  BOOST_TEST_REQUIRE(open, get(path + "/status").body);
  const auto processor = status_of(path).at("processors").at(0);
  BOOST_TEST(processor.at("breaker").at("endpoint") == "http://127.0.0.1:1");
  BOOST_TEST(processor.at("last_error").at("code") == "sink_unavailable");
}

BOOST_AUTO_TEST_CASE(the_status_of_an_unknown_consumer_is_404_and_post_is_405) {
  const auto unknown = "/consumers/123e4567-e89b-42d3-a456-426614174000/status";
  BOOST_TEST(get(unknown).status == 404);
  BOOST_TEST(get("/consumers/nonsense/status").detail() == "Consumer nonsense not found");
  BOOST_TEST(send("HEAD", unknown, std::nullopt).status == 404);
  const auto answered = post(unknown);
  BOOST_TEST(answered.status == 405);
  BOOST_TEST(answered.header("allow").find("GET") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::status_test
