// Where the processors of a consumer may write.

#include "config/consumers/rules.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/unit/config/consumers/rules_fixture.hpp"

namespace kfs::consumer_destinations_test {

using test::rules_fixture;

BOOST_AUTO_TEST_SUITE(consumer_destinations)

BOOST_FIXTURE_TEST_CASE(two_processors_do_not_write_to_the_same_file, rules_fixture) {
  const auto item = mission_body["processor_configs"][0];
  auto other = item;
  other["config"]["file_path"] = "/tmp/./x/../same.log";
  auto same = item;
  same["config"]["file_path"] = "/tmp/same.log";
  BOOST_TEST(mistake_with("processor_configs", json::array({item, other, same})) ==
             R"(value_error ["body","processor_configs",2,"config"])");
}

BOOST_FIXTURE_TEST_CASE(two_processors_do_not_write_to_one_file_by_two_names, rules_fixture) {
  const auto clash = [&](const char* first, const char* second) {
    auto list = json::array();
    for (const auto* path : {first, second})
      list.push_back({{"processor_type", "file_sink"}, {"config", {{"file_path", path}}}});
    return mistake_with("processor_configs", list) != "none";
  };
  BOOST_TEST(clash("/tmp/{topic}.log", "/tmp/payments.log"));
  BOOST_TEST(clash("/tmp/a-{partition}.log", "/tmp/a-0.log"));
  BOOST_TEST(clash("/tmp/a-{date}.log", "/tmp/a-2026-11-24.log"));
  BOOST_TEST(clash("/tmp/a-2026-11-24.log.gz", "/tmp/a-{date}.log"));
  BOOST_TEST(clash("/tmp/{date}/a.log", "/tmp/{date}_a.log"));  // they would have one journal
  BOOST_TEST(!clash("/tmp/{topic}.log", "/tmp/orders.log"));
  BOOST_TEST(!clash("/tmp/a-{partition}.log", "/tmp/a-x.log"));
}

BOOST_FIXTURE_TEST_CASE(a_file_is_not_in_the_way_of_another_consumers, rules_fixture) {
  auto other = stored();
  int asked = 0;
  const auto accepts = [&](const char* path_of_other, const char* path) {
    other.processors[0].config["file_path"] = path_of_other;
    auto body = mission_body;
    body["processor_configs"][0]["config"]["file_path"] = path;
    const auto request = rules.creation(body, [&] {
      ++asked;
      return std::make_shared<const std::vector<consumer_spec>>(1, other);
    });
    if (!request) {
      BOOST_TEST(request.error().size() == 1U);
      BOOST_TEST(request.error()[0].msg.find(other.id.value) != std::string::npos, request.error()[0].msg);
    }
    return request.has_value();
  };
  BOOST_TEST(!accepts("/tmp/a-{date}.log", "/tmp/a-2026-11-24.log"));
  BOOST_TEST(!accepts("/tmp/a-2026-11-24.log", "/tmp/a-{date}.log"));
  BOOST_TEST(!accepts("/tmp/{topic}-{date}.log", "/tmp/x/../payments-2026-11-24.log"));
  BOOST_TEST(!accepts("/tmp/a-{date}.log", "/tmp/a-2026-11-24.log.gz"));
  BOOST_TEST(!accepts("/tmp/{date}/a.log", "/tmp/{date}_a.log"));
  BOOST_TEST(accepts("/tmp/a-{date}.log", "/tmp/a-{date}.log"));  // one series may be shared
  BOOST_TEST(accepts("/tmp/a-{partition}-2026-11-24.log", "/tmp/a-0-2026-11-24.log"));
  BOOST_TEST(accepts("/tmp/a-{date}.log", "/tmp/b-2026-11-24.log"));
  asked = 0;
  BOOST_TEST(accepts("/tmp/a.log", "/tmp/a.log"));
  BOOST_TEST(asked == 0);  // nothing to ask for
}

BOOST_FIXTURE_TEST_CASE(a_consumer_is_not_in_its_own_way, rules_fixture) {
  auto body = mission_body;
  body["consumer_id"] = "123e4567-e89b-42d3-a456-426614174000";
  body["processor_configs"][0]["config"]["file_path"] = "/tmp/a-{date}.log";
  auto before = make_consumer(*rules.creation(body), timestamp{});
  const auto all = [&] { return std::make_shared<const std::vector<consumer_spec>>(1, before); };
  body["processor_configs"][0]["config"]["file_path"] = "/tmp/a-2026-11-24.log";
  BOOST_TEST(rules.creation(body, all).has_value());  // answered by comparing the two
  BOOST_TEST(rules.change({{"processor_configs", body["processor_configs"]}}, before, all).has_value());
}

BOOST_FIXTURE_TEST_CASE(stored_processors_are_checked_with_a_changed_topic, rules_fixture) {
  auto body = mission_body;
  body["processor_configs"] = json::parse(R"([
    {"processor_type":"file_sink","config":{"file_path":"/tmp/{topic}.log"}},
    {"processor_type":"database_sync","config":{"db_dsn":"postgresql://u:s3cret@127.0.0.1/x"}},
    {"processor_type":"database_sync","config":{"db_dsn":"postgresql://u:s3cret@localhost/x","table":"orders"}}])");
  const auto before = make_consumer(*rules.creation(body), timestamp{});
  const auto mistakes = [&](const std::string& topic) {
    const auto change = rules.change({{"topic", topic}}, before);
    return change ? std::vector<violation>{} : change.error();
  };
  BOOST_TEST(mistakes("shipments").empty());
  BOOST_TEST(mistakes(std::string(64, 'a')).size() == 1U);   // no table of that name
  BOOST_TEST(mistakes(std::string(240, 'a')).size() == 2U);  // nor a file
  BOOST_TEST(mistakes("orders").size() == 1U);               // two processors on one table
  for (const auto& mistake : mistakes(std::string(240, 'a'))) {
    BOOST_TEST(mistake.loc == json::array({"body", "topic"}));
    BOOST_TEST(mistake.msg.find("s3cret") == std::string::npos);
  }
}

BOOST_FIXTURE_TEST_CASE(a_path_has_only_known_placeholders, rules_fixture) {
  auto item = mission_body["processor_configs"][0];
  item["config"]["file_path"] = "/tmp/{topic}-{partition}-{instance}-{date}.log";
  BOOST_TEST(mistake_with("processor_configs", json::array({item})) == "none");
  for (const auto* path : {"/tmp/{user}.log", "/tmp/{topic.log", "/tmp/topic}.log", "/tmp/x.log.kfs-journal",
                           "/tmp/x.log.20261124T093000.123Z", "/tmp/x.log.20261124T093000.123Z-1.zst"}) {
    item["config"]["file_path"] = path;
    BOOST_TEST(mistake_with("processor_configs", json::array({item})) ==
               R"(value_error ["body","processor_configs",0,"config","file_path"])");
  }
}

BOOST_FIXTURE_TEST_CASE(several_instances_need_files_of_their_own, rules_fixture) {
  auto body = mission_body;
  body["options"] = {{"instances", 2}};
  const auto rejected = rules.creation(body);
  BOOST_REQUIRE(!rejected.has_value());
  BOOST_REQUIRE(rejected.error().size() == 1u);
  BOOST_TEST(rejected.error()[0].loc == json::parse(R"(["body","processor_configs",0,"config","file_path"])"));
  BOOST_TEST(rejected.error()[0].msg.find("{instance}") != std::string::npos, rejected.error()[0].msg);
  body["processor_configs"][0]["config"]["file_path"] = "/tmp/orders-{instance}.log";
  BOOST_TEST(rules.creation(body).has_value());
  body["options"]["partitions"] = {0};
  BOOST_TEST(rules.creation(body).error().at(0).loc == json::parse(R"(["body","options","instances"])"));
}

BOOST_FIXTURE_TEST_CASE(a_change_of_instances_is_checked_with_the_stored_processors, rules_fixture) {
  const auto one = stored();
  const auto rejected = rules.change({{"options", {{"instances", 2}}}}, one);
  BOOST_REQUIRE(!rejected.has_value());
  BOOST_TEST(rejected.error().at(0).loc == json::parse(R"(["body","options","instances"])"));
  BOOST_TEST(rules.change({{"options", {{"instances", 1}}}}, one).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_file_name_leaves_room_for_what_is_put_behind_it, rules_fixture) {
  auto item = mission_body["processor_configs"][0];
  item["config"]["file_path"] = "/tmp/" + std::string(215, 'a');
  BOOST_TEST(mistake_with("processor_configs", json::array({item})) == "none");
  item["config"]["file_path"] = "/tmp/" + std::string(216, 'a');
  BOOST_TEST(mistake_with("processor_configs", json::array({item})) ==
             R"(value_error ["body","processor_configs",0,"config","file_path"])");
}

BOOST_FIXTURE_TEST_CASE(a_stored_processor_is_accepted_again_although_its_directory_is_no_longer_allowed,
                        rules_fixture) {
  const auto before = stored();
  const auto processors = mission_body["processor_configs"];
  sinks.file_sink_directories = {"/var"};
  BOOST_TEST(rules.change(json{{"processor_configs", processors}}, before).has_value());
  auto moved = processors;
  moved[0]["config"]["file_path"] = "/tmp/other.log";
  BOOST_TEST(!rules.change(json{{"processor_configs", moved}}, before).has_value());
  BOOST_TEST(!rules.creation(mission_body).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::consumer_destinations_test
