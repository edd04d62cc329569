// Sections 3.1, 3.3 and 3.6 of the mission, request by request. Loopback addresses at which nothing listens replace its
// broker addresses, and a temporary directory replaces /var/log.

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <regex>
#include <sstream>

#include "tests/contract/contract_server.hpp"

namespace kfs::consumers_mission_test {

using namespace kfs::contract;

namespace {

const std::string some_uuid = "123e4567-e89b-12d3-a456-426614174000";

bool is_uuid_v4(const json& value) {
  static const std::regex pattern{"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"};
  return value.is_string() && std::regex_match(value.get<std::string>(), pattern);
}

bool is_utc_time(const json& value) {
  static const std::regex pattern{R"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z)"};
  return value.is_string() && std::regex_match(value.get<std::string>(), pattern);
}

/// Checks everything that the mission shows of a consumer with one file sink, except the values of ids and times.
void check_is_mission_consumer(const json& consumer, const std::string& status, const std::filesystem::path& file) {
  BOOST_TEST(keys_of(consumer) == consumer_keys(), boost::test_tools::per_element());
  BOOST_TEST(is_uuid_v4(consumer.at("consumer_id")));
  BOOST_TEST(consumer.at("broker_ip") == "127.0.0.10");
  BOOST_TEST(consumer.at("broker_port") == 9092);
  BOOST_TEST(consumer.at("topic") == "payments");
  BOOST_TEST(consumer.at("consumer_group") == "payment_group");
  BOOST_TEST(consumer.at("status") == status);
  BOOST_TEST(is_utc_time(consumer.at("created_at")));
  BOOST_TEST(is_utc_time(consumer.at("updated_at")));

  BOOST_TEST_REQUIRE(consumer.at("processor_configs").size() == 1U);
  const json& processor = consumer.at("processor_configs").at(0);
  const std::vector<std::string> processor_keys{"id", "processor_type", "config", "created_at", "updated_at"};
  BOOST_TEST(keys_of(processor) == processor_keys, boost::test_tools::per_element());
  BOOST_TEST(is_uuid_v4(processor.at("id")));
  BOOST_TEST(processor.at("processor_type") == "file_sink");
  BOOST_TEST(processor.at("config") == json({{"file_path", file.string()}}));
  BOOST_TEST(is_utc_time(processor.at("created_at")));
  BOOST_TEST(is_utc_time(processor.at("updated_at")));
}

struct mission : contract_server {
  std::filesystem::path log = file("payment_messages.log");

  json create() { return created(mission_consumer(log)); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(consumers_mission, mission)

BOOST_AUTO_TEST_CASE(a_new_server_lists_no_consumers) {
  const auto listed = get("/consumers/", {"Accept: application/json"});
  BOOST_TEST(listed.status == 200);
  BOOST_TEST(listed.content() == json::array());
}

BOOST_AUTO_TEST_CASE(a_created_consumer_is_answered_completely) {
  const auto answered = post("/consumers/", mission_consumer(log));
  BOOST_TEST(answered.status == 201);
  BOOST_TEST(answered.header("content-type") == "application/json");
  check_is_mission_consumer(answered.content(), "ACTIVE", log);
}

BOOST_AUTO_TEST_CASE(a_consumer_created_without_auto_start_is_inactive) {
  auto body = mission_consumer(log);
  body["auto_start"] = false;
  const auto answered = post("/consumers/", body);
  BOOST_TEST(answered.status == 201);
  check_is_mission_consumer(answered.content(), "INACTIVE", log);
}

BOOST_AUTO_TEST_CASE(the_list_has_the_created_consumers_oldest_first) {
  const auto first = create();
  const auto second = create();
  const auto listed = get("/consumers/", {"Accept: application/json"}).content();
  BOOST_TEST_REQUIRE(listed.size() == 2U);
  check_is_mission_consumer(listed.at(0), "ACTIVE", log);
  BOOST_TEST(listed.at(0).at("consumer_id") == first.at("consumer_id"));
  BOOST_TEST(listed.at(1).at("consumer_id") == second.at("consumer_id"));
}

BOOST_AUTO_TEST_CASE(a_consumer_is_answered_as_it_was_created) {
  const auto made = create();
  const auto read = get(path_of(made), {"Accept: application/json"});
  BOOST_TEST(read.status == 200);
  check_is_mission_consumer(read.content(), "ACTIVE", log);
  for (const auto* const key : {"consumer_id", "processor_configs", "created_at", "updated_at"}) {
    BOOST_TEST(read.content().at(key) == made.at(key));
  }
}

BOOST_AUTO_TEST_CASE(every_request_for_an_unknown_consumer_is_answered_404_with_the_text_of_the_mission) {
  for (const auto& id : {some_uuid, std::string("non-existent-uuid")}) {
    const std::string path = "/consumers/" + id;
    for (const auto& answered : {get(path), post(path + "/start"), post(path + "/stop"), remove(path),
                                 put(path, {{"broker_ip", "127.0.0.20"}, {"broker_port", 9094}})}) {
      BOOST_TEST(answered.status == 404);
      BOOST_TEST(answered.body == R"({"detail":"Consumer )" + id + R"( not found"})");
    }
  }
}

BOOST_AUTO_TEST_CASE(starting_a_stopped_consumer_makes_it_active) {
  const auto path = path_of(create());
  BOOST_TEST(post(path + "/stop").status == 200);
  const auto started = post(path + "/start");
  BOOST_TEST(started.status == 200);
  check_is_mission_consumer(started.content(), "ACTIVE", log);
}

BOOST_AUTO_TEST_CASE(starting_an_active_consumer_leaves_it_active) {
  const auto path = path_of(create());
  const auto started = post(path + "/start");
  BOOST_TEST(started.status == 200);
  BOOST_TEST(started.content().at("status") == "ACTIVE");
}

BOOST_AUTO_TEST_CASE(stopping_an_active_consumer_makes_it_inactive) {
  const auto path = path_of(create());
  const auto stopped = post(path + "/stop");
  BOOST_TEST(stopped.status == 200);
  check_is_mission_consumer(stopped.content(), "INACTIVE", log);
  BOOST_TEST(get(path).content().at("status") == "INACTIVE");
}

BOOST_AUTO_TEST_CASE(stopping_a_stopped_consumer_leaves_it_inactive) {
  const auto path = path_of(create());
  BOOST_TEST(post(path + "/stop").status == 200);
  const auto stopped = post(path + "/stop");
  BOOST_TEST(stopped.status == 200);
  BOOST_TEST(stopped.content().at("status") == "INACTIVE");
}

BOOST_AUTO_TEST_CASE(a_new_broker_leaves_the_consumer_inactive_and_its_processors_unchanged) {
  const auto made = create();
  const auto path = path_of(made);
  const auto updated = put(path, {{"broker_ip", "127.0.0.20"}, {"broker_port", 9094}});
  BOOST_TEST(updated.status == 200);

  auto consumer = updated.content();
  BOOST_TEST(consumer.at("broker_ip") == "127.0.0.20");
  BOOST_TEST(consumer.at("broker_port") == 9094);
  BOOST_TEST(consumer.at("consumer_id") == made.at("consumer_id"));
  BOOST_TEST(consumer.at("created_at") == made.at("created_at"));
  BOOST_TEST(consumer.at("updated_at").get<std::string>() >= made.at("updated_at").get<std::string>());
  for (const auto* const key : {"id", "created_at", "config"}) {
    BOOST_TEST(consumer.at("processor_configs").at(0).at(key) == made.at("processor_configs").at(0).at(key));
  }
  consumer["broker_ip"] = "127.0.0.10";
  consumer["broker_port"] = 9092;
  check_is_mission_consumer(consumer, "INACTIVE", log);
}

BOOST_AUTO_TEST_CASE(a_new_topic_or_group_leaves_the_consumer_inactive) {
  for (const auto* const key : {"topic", "consumer_group"}) {
    const auto updated = put(path_of(create()), {{key, "other"}});
    BOOST_TEST(updated.status == 200);
    BOOST_TEST(updated.content().at(key) == "other");
    BOOST_TEST(updated.content().at("status") == "INACTIVE");
  }
}

BOOST_AUTO_TEST_CASE(new_processors_replace_the_old_ones_and_an_active_consumer_stays_active) {
  const auto other = file("other.log").string();
  const json processors = json::array({{{"processor_type", "file_sink"}, {"config", {{"file_path", other}}}}});
  const auto updated = put(path_of(create()), {{"processor_configs", processors}});
  BOOST_TEST(updated.status == 200);
  BOOST_TEST(updated.content().at("status") == "ACTIVE");
  BOOST_TEST_REQUIRE(updated.content().at("processor_configs").size() == 1U);
  BOOST_TEST(updated.content().at("processor_configs").at(0).at("config").at("file_path") == other);
}

BOOST_AUTO_TEST_CASE(a_deleted_consumer_is_gone) {
  const auto made = create();
  const auto deleted = remove(path_of(made), {"Accept: application/json"});
  BOOST_TEST(deleted.status == 204);
  BOOST_TEST(deleted.body.empty());
  BOOST_TEST(get(path_of(made)).status == 404);
  BOOST_TEST(get("/consumers/").content() == json::array());
}

BOOST_AUTO_TEST_CASE(a_body_with_white_space_and_line_ends_creates_a_consumer) {
  const auto path = file("create_consumer.json");
  std::ofstream{path} << mission_consumer(log).dump(2) << "\n";
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  const auto answered = send("POST", "/consumers/", text.str(), {"Content-Type: application/json"});
  BOOST_TEST(answered.status == 201);
  check_is_mission_consumer(answered.content(), "ACTIVE", log);
}

BOOST_AUTO_TEST_CASE(a_bearer_token_is_ignored_without_authentication) {
  const auto listed = get("/consumers/", {"Authorization: Bearer your_jwt_token_here"});
  BOOST_TEST(listed.status == 200);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::consumers_mission_test
