#include "config/consumers/rules.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "tests/unit/config/consumers/rules_fixture.hpp"

namespace kfs::consumer_rules_test {

BOOST_AUTO_TEST_SUITE(consumer_rules)

using test::rules_fixture;

BOOST_FIXTURE_TEST_CASE(the_missions_example_is_read, rules_fixture) {
  const auto request = rules.creation(mission_body);
  BOOST_REQUIRE(request.has_value());
  BOOST_TEST(request->broker_ip == "127.0.0.10");
  BOOST_TEST(request->broker_port == 9092);
  BOOST_TEST(request->auto_start);
  BOOST_TEST(request->processors.front().type == "file_sink");
  BOOST_TEST(!request->id.has_value());
}

BOOST_FIXTURE_TEST_CASE(each_of_the_six_fields_is_required, rules_fixture) {
  const std::vector<std::string> expected{
      R"(missing ["body","auto_start"])",        R"(missing ["body","broker_ip"])",
      R"(missing ["body","broker_port"])",       R"(missing ["body","consumer_group"])",
      R"(missing ["body","processor_configs"])", R"(missing ["body","topic"])"};
  BOOST_TEST(mistakes_of(json::object()) == expected, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_body_that_is_no_object_is_rejected, rules_fixture) {
  for (const auto* text : {"[]", "null", "1", "\"x\""}) BOOST_TEST(mistakes_of(json::parse(text)).size() == 1);
}

BOOST_FIXTURE_TEST_CASE(json_types_are_strict, rules_fixture) {
  BOOST_TEST(mistake_with("broker_port", "9092") == R"(int_type ["body","broker_port"])");
  BOOST_TEST(mistake_with("broker_port", nullptr) == R"(int_type ["body","broker_port"])");
  BOOST_TEST(mistake_with("auto_start", "yes") == R"(bool_type ["body","auto_start"])");
}

BOOST_FIXTURE_TEST_CASE(the_broker_is_one_host_name_or_address, rules_fixture) {
  for (const auto* host : {"kafka", "kafka.example", "10.0.0.1", "2001:db8::1"}) {
    BOOST_TEST(mistake_with("broker_ip", host) == "none");
  }
  for (const auto* host : {"", "a,b", "kafka:9092", "http://kafka", "[::1]", "-a", "1.2.3", "256.1.1.1", "a b"}) {
    BOOST_TEST(mistake_with("broker_ip", host).ends_with(R"(["body","broker_ip"])"));
  }
  BOOST_TEST(mistake_with("broker_ip", "169.254.169.254") == R"(value_error ["body","broker_ip"])");
}

BOOST_FIXTURE_TEST_CASE(a_topic_follows_kafkas_rule, rules_fixture) {
  BOOST_TEST(mistake_with("topic", std::string(249, 'a')) == "none");
  for (const auto& topic : {std::string(""), std::string("."), std::string(".."), std::string("a/b"), std::string("ü"),
                            std::string(250, 'a')}) {
    BOOST_TEST(mistake_with("topic", topic).ends_with(R"(["body","topic"])"));
  }
}

BOOST_FIXTURE_TEST_CASE(a_group_is_counted_in_characters_and_has_no_control_characters, rules_fixture) {
  std::string umlauts;
  for (int i = 0; i < 255; ++i) umlauts += "ü";
  BOOST_TEST(mistake_with("consumer_group", umlauts) == "none");
  BOOST_TEST(mistake_with("consumer_group", "a b ") == "none");
  for (const auto& group : {std::string(""), umlauts + "x", std::string("a\nb"), std::string("a\x7f"),
                            std::string("\xC2\x85"), std::string("a\0b", 3), std::string(" "), std::string(" a")}) {
    BOOST_TEST(mistake_with("consumer_group", group).ends_with(R"(["body","consumer_group"])"));
  }
}

BOOST_FIXTURE_TEST_CASE(unknown_fields_are_rejected_by_name_and_read_only_ones_are_ignored, rules_fixture) {
  BOOST_TEST(mistake_with("colour", "red") == R"(extra_forbidden ["body","colour"])");
  for (const auto* field : {"status", "created_at", "updated_at", "revision", "replica", "last_error", "recovery"}) {
    BOOST_TEST(mistake_with(field, 7) == "none");
  }
}

BOOST_FIXTURE_TEST_CASE(an_unknown_processor_type_is_rejected_where_it_is, rules_fixture) {
  const auto list = json::parse(R"([{"processor_type":"fax","config":{}}])");
  BOOST_TEST(mistake_with("processor_configs", list) ==
             R"(literal_error ["body","processor_configs",0,"processor_type"])");
}

BOOST_FIXTURE_TEST_CASE(a_config_is_checked_against_its_type, rules_fixture) {
  const auto list = json::parse(R"([{"processor_type":"file_sink","config":{}}])");
  BOOST_TEST(mistake_with("processor_configs", list) ==
             R"(missing ["body","processor_configs",0,"config","file_path"])");
}

BOOST_FIXTURE_TEST_CASE(two_processors_do_not_share_an_id, rules_fixture) {
  auto item = mission_body["processor_configs"][0];
  item["id"] = "223e4567-e89b-42d3-a456-426614174001";
  auto other = item;
  other["config"]["file_path"] = "/tmp/elsewhere.log";
  BOOST_TEST(mistake_with("processor_configs", json::array({item, other})) ==
             R"(value_error ["body","processor_configs",1,"id"])");
}

BOOST_FIXTURE_TEST_CASE(a_password_in_a_broken_url_is_not_repeated, rules_fixture) {
  for (const auto* dsn : {"postgresql://u:S3cret\nXyz@127.0.0.1/db", "postgresql://u:pw@127.0.0.1/db?S3cret"}) {
    auto body = mission_body;
    body["processor_configs"] = json::array({json{{"processor_type", "database_sync"}, {"config", {{"db_dsn", dsn}}}}});
    const auto rejected = rules.creation(body);
    BOOST_REQUIRE(!rejected.has_value());
    for (const auto& mistake : rejected.error()) BOOST_TEST(mistake.input.dump().find("S3cret") == std::string::npos);
  }
}

BOOST_FIXTURE_TEST_CASE(options_behind_a_thousand_mistakes_are_not_read, rules_fixture) {
  auto body = mission_body;
  auto item = body["processor_configs"][0];
  for (int i = 0; i < 600; ++i) item["config"]["unknown" + std::to_string(i)] = 1;
  for (int i = 0; i < 600; ++i) item["unknown" + std::to_string(i)] = 1;
  auto unreadable = mission_body["processor_configs"][0];
  unreadable["config"]["file_path"] = 7;
  body["processor_configs"] = json::array({item, item, unreadable});
  for (const auto& options : {R"({"instances":"x"})", R"({"kafka":{"bootstrap_servers":7}})", R"({"on_error":[]})"}) {
    body["options"] = json::parse(options);
    const auto rejected = rules.creation(body);
    BOOST_REQUIRE(!rejected.has_value());
    BOOST_TEST(rejected.error().size() >= most_violations);
  }
}

BOOST_FIXTURE_TEST_CASE(ids_are_lower_case_uuids_of_version_4, rules_fixture) {
  BOOST_TEST(mistake_with("consumer_id", "123e4567-e89b-42d3-a456-426614174000") == "none");
  for (const auto* id : {"", "x", "123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-42D3-A456-426614174000"}) {
    BOOST_TEST(mistake_with("consumer_id", id).ends_with(R"(["body","consumer_id"])"));
  }
}

BOOST_FIXTURE_TEST_CASE(hosts_of_bootstrap_servers_are_checked_too, rules_fixture) {
  const auto options = json::parse(R"({"kafka":{"bootstrap_servers":"kafka:9092,169.254.169.254:80"}})");
  BOOST_TEST(mistake_with("options", options) == R"(value_error ["body","options","kafka","bootstrap_servers"])");
}

BOOST_FIXTURE_TEST_CASE(dead_letters_do_not_go_back_to_the_topic_that_is_read, rules_fixture) {
  const json elsewhere{{"on_error", {{"policy", "dead_letter"}}}};
  const json back{{"on_error", {{"policy", "dead_letter"}, {"dead_letter_topic", "payments"}}}};
  const std::string rejected = R"(value_error ["body","options","on_error","dead_letter_topic"])";
  BOOST_TEST(mistake_with("options", elsewhere) == "none");
  BOOST_TEST(mistake_with("options", back) == rejected);
  BOOST_TEST(!rules.change(json{{"options", back}}, stored()).has_value());
  BOOST_TEST(rules.change(json{{"options", back}, {"topic", "orders"}}, stored()).has_value());
  auto before = stored();
  before.options = elsewhere;
  const auto renamed = rules.change(json{{"topic", std::string(240, 'x')}}, before);
  BOOST_REQUIRE(!renamed.has_value());
  BOOST_TEST(renamed.error().front().loc == json::array({"body", "topic"}));
}

BOOST_FIXTURE_TEST_CASE(a_topic_for_dead_letters_needs_the_policy_that_uses_it, rules_fixture) {
  const json unused{{"on_error", {{"dead_letter_topic", "orders.broken"}}}};
  BOOST_TEST(mistake_with("options", unused) == R"(value_error ["body","options","on_error","dead_letter_topic"])");
  auto policies = configured.policies;
  policies.on_error.policy = rejection_policy::dead_letter;
  const kfs::consumer_rules used(configured.kafka_allowed_brokers, policies, catalog);
  auto body = mission_body;
  body["options"] = unused;
  BOOST_TEST(used.creation(body).has_value());
  // The server's default has changed since: whatever else is changed, the consumer is not refused for it.
  auto before = stored();
  before.options = unused;
  BOOST_TEST(rules.change(json{{"topic", "orders"}}, before).has_value());
  BOOST_TEST(!rules.change(json{{"options", unused}}, before).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_change_names_what_it_changes_and_nothing_else, rules_fixture) {
  const auto change = rules.change(json::parse(R"({"broker_port":9094})"), stored());
  BOOST_REQUIRE(change.has_value());
  BOOST_TEST(change->broker_port.value() == 9094);
  BOOST_TEST(!change->broker_ip.has_value());
  BOOST_TEST(!change->processors.has_value());
  BOOST_TEST(!change->options.has_value());
}

BOOST_FIXTURE_TEST_CASE(a_change_has_no_auto_start_and_no_nulls, rules_fixture) {
  BOOST_TEST(rules.change(json::parse(R"({"auto_start":true})"), stored()).error().front().type == "extra_forbidden");
  BOOST_TEST(rules.change(json::parse(R"({"topic":null})"), stored()).error().front().type == "string_type");
}

BOOST_FIXTURE_TEST_CASE(a_change_may_repeat_the_id_but_not_change_it, rules_fixture) {
  const auto before = stored();
  BOOST_TEST(rules.change(json{{"consumer_id", before.id.value}}, before).has_value());
  BOOST_TEST(!rules.change(json{{"consumer_id", make_uuid()}}, before).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::consumer_rules_test
