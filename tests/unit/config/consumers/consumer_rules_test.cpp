#include "config/consumers/rules.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "config/settings/settings.hpp"
#include "processors/http/endpoints.hpp"
#include "processors/sink_catalog.hpp"

namespace kfs::consumer_rules_test {

BOOST_AUTO_TEST_SUITE(consumer_rules)

namespace {

struct rules_fixture {
  settings configured;
  sink_environment sinks{.file_sink_directories = {"/tmp"}, .data_dir = "/tmp/data", .files = {}};
  sink_catalog catalog{sinks};
  kfs::consumer_rules rules{configured.kafka_allowed_brokers, configured.policies, catalog};

  json mission_body = json::parse(R"({"broker_ip":"127.0.0.10","broker_port":9092,"topic":"payments",
    "consumer_group":"payment_group","auto_start":true,
    "processor_configs":[{"processor_type":"file_sink","config":{"file_path":"/tmp/payment_messages.log"}}]})");

  /// Every mistake as "type loc", sorted.
  std::vector<std::string> mistakes_of(const json& body) const {
    std::vector<std::string> found;
    const auto request = rules.creation(body);
    if (request) return found;
    for (const auto& mistake : request.error()) found.push_back(mistake.type + " " + mistake.loc.dump());
    std::sort(found.begin(), found.end());
    return found;
  }

  std::string mistake_with(const char* field, json value) const {
    auto body = mission_body;
    body[field] = std::move(value);
    const auto found = mistakes_of(body);
    return found.empty() ? "none" : found.front();
  }

  consumer_spec stored() const { return make_consumer(*rules.creation(mission_body), timestamp{}); }
};

}  // namespace

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
  for (const auto& group : {std::string(""), umlauts + "x", std::string("a\nb"), std::string("a\x7f"),
                            std::string("\xC2\x85"), std::string("a\0b", 3)}) {
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

BOOST_FIXTURE_TEST_CASE(a_masked_token_is_not_sent_to_another_place, rules_fixture) {
  sinks.endpoints = std::make_shared<http_endpoints>(address_policy{}, nullptr);
  auto body = mission_body;
  body["processor_configs"] = json::parse(R"([{"processor_type":"streaming_forwarder",
    "config":{"endpoint_url":"http://127.0.0.1:1/a","bearer_token":"the token"}}])");
  const auto before = make_consumer(*rules.creation(body), timestamp{});
  auto processors = body["processor_configs"];
  processors[0]["id"] = before.processors[0].id.value;
  processors[0]["config"]["bearer_token"] = "********";
  processors[0]["config"]["timeout_ms"] = 2'000;
  const auto same_place = rules.change({{"processor_configs", processors}}, before);
  BOOST_REQUIRE(same_place.has_value());
  BOOST_TEST(same_place->processors->at(0).config["bearer_token"] == "the token");
  for (const bool by_id : {true, false}) {
    auto moved = processors;
    if (!by_id) moved[0].erase("id");
    moved[0]["config"]["endpoint_url"] = "http://127.0.0.1:2/a";
    const auto rejected = rules.change({{"processor_configs", moved}}, before);
    BOOST_REQUIRE(!rejected.has_value());
    BOOST_TEST(rejected.error().at(0).loc == json::parse(R"(["body","processor_configs",0,"config","bearer_token"])"));
  }
}

BOOST_FIXTURE_TEST_CASE(a_masked_token_is_not_sent_where_another_authority_vouches, rules_fixture) {
  sinks.endpoints = std::make_shared<http_endpoints>(address_policy{}, nullptr);
  auto body = mission_body;
  body["processor_configs"] = json::parse(R"([{"processor_type":"streaming_forwarder",
    "config":{"endpoint_url":"https://127.0.0.1:1/a","bearer_token":"the token"}}])");
  const auto before = make_consumer(*rules.creation(body), timestamp{});
  auto processors = body["processor_configs"];
  processors[0]["config"]["bearer_token"] = "********";
  const auto accepts = [&](const char* option, const json& value) {
    auto changed = processors;
    changed[0]["config"][option] = value;
    return rules.change({{"processor_configs", changed}}, before).has_value();
  };
  BOOST_TEST(!accepts("endpoint_url", "http://127.0.0.1:1/a"));
  BOOST_TEST(!accepts("tls_ca_pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
  BOOST_TEST(accepts("follow_redirects", true));  // credentials do not follow to another origin
}

BOOST_FIXTURE_TEST_CASE(a_private_key_is_rejected_where_it_would_be_shown_and_never_repeated, rules_fixture) {
  sinks.endpoints = std::make_shared<http_endpoints>(address_policy{}, nullptr);
  const std::string key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
  const std::string certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  for (const auto& text : {key, certificate + key}) {
    auto body = mission_body;
    body["processor_configs"] =
        json::array({json{{"processor_type", "streaming_forwarder"},
                          {"config", {{"endpoint_url", "http://127.0.0.1:1/a"}, {"tls_ca_pem", text}}}}});
    body["options"] = {{"kafka", {{"security_protocol", "SSL"}, {"ssl_ca_pem", text}}}};
    const auto rejected = rules.creation(body);
    BOOST_REQUIRE(!rejected.has_value());
    BOOST_TEST(rejected.error().size() == 2u);
    for (const auto& mistake : rejected.error()) BOOST_TEST(mistake.input.is_null());
  }
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

BOOST_FIXTURE_TEST_CASE(a_masked_option_keeps_its_stored_secret, rules_fixture) {
  auto before = stored();
  const auto options = [](const std::string& password) {
    return json{{"kafka",
                 {{"security_protocol", "SASL_SSL"},
                  {"sasl_mechanism", "PLAIN"},
                  {"sasl_username", "fetcher"},
                  {"sasl_password", password}}}};
  };
  before.options = options("s3cret");
  const json masked{{"options", options("********")}};
  const auto change = rules.change(masked, before);
  BOOST_REQUIRE(change.has_value());
  BOOST_TEST(change->options->dump() == before.options.dump());
  BOOST_TEST(!rules.change(masked, stored()).has_value());
}

BOOST_FIXTURE_TEST_CASE(kafka_secrets_do_not_follow_a_change_of_brokers, rules_fixture) {
  auto before = stored();
  const auto options = [](const std::string& password, const char* servers = nullptr) {
    json kafka{{"security_protocol", "SASL_SSL"},
               {"sasl_mechanism", "PLAIN"},
               {"sasl_username", "fetcher"},
               {"sasl_password", password}};
    if (servers != nullptr) kafka["bootstrap_servers"] = servers;
    return json{{"kafka", kafka}};
  };
  const auto accepts = [&](const json& body) { return rules.change(body, before).has_value(); };
  before.options = options("s3cret");
  BOOST_TEST(!accepts({{"broker_port", 9999}}));
  BOOST_TEST(!accepts({{"broker_ip", "127.0.0.11"}}));
  BOOST_TEST(!accepts({{"broker_port", 9999}, {"options", options("********")}}));
  BOOST_TEST(!accepts({{"options", options("********", "127.0.0.11:9092")}}));
  BOOST_TEST(accepts({{"broker_port", 9999}, {"options", options("new")}}));
  BOOST_TEST(accepts({{"broker_port", 9999}, {"options", json::object()}}));
  BOOST_TEST(accepts({{"broker_port", before.broker_port}, {"topic", "other"}}));
  BOOST_TEST(accepts({{"options", options("********")}}));
  before.options = options("s3cret", "127.0.0.11:9092");
  BOOST_TEST(accepts({{"broker_port", 9999}}));  // not used: the servers are
  BOOST_TEST(accepts({{"options", options("********", "127.0.0.11:9092")}}));
  BOOST_TEST(!accepts({{"options", options("********", "127.0.0.12:9092")}}));
  BOOST_TEST(!accepts({{"options", options("********")}}));
  before.options = json::object();
  BOOST_TEST(accepts({{"broker_port", 9999}}));
}

BOOST_FIXTURE_TEST_CASE(kafka_secrets_do_not_follow_a_change_of_how_they_are_protected, rules_fixture) {
  const auto certificate = [](const char* text) {
    return "-----BEGIN CERTIFICATE-----\n" + std::string(text) + "\n-----END CERTIFICATE-----\n";
  };
  auto before = stored();
  json kafka{{"security_protocol", "SASL_SSL"},
             {"sasl_mechanism", "SCRAM-SHA-256"},
             {"sasl_username", "fetcher"},
             {"sasl_password", "s3cret"},
             {"ssl_ca_pem", certificate("AAAA")}};
  before.options = {{"kafka", kafka}};
  const auto mistakes_with = [&](const json& changes, const char* password) {
    auto changed = kafka;
    changed["sasl_password"] = password;
    for (const auto& [name, value] : changes.items()) changed[name] = value;
    for (const auto& [name, value] : changes.items()) {
      if (value.is_null()) changed.erase(name);
    }
    const auto change = rules.change({{"options", {{"kafka", changed}}}}, before);
    return change ? std::vector<violation>{} : change.error();
  };
  const std::vector<json> weaker{{{"security_protocol", "SASL_PLAINTEXT"}, {"ssl_ca_pem", nullptr}},
                                 {{"sasl_mechanism", "PLAIN"}},
                                 {{"ssl_ca_pem", certificate("BBBB")}},
                                 {{"ssl_ca_pem", nullptr}},
                                 {{"ssl_endpoint_identification_algorithm", "none"}}};
  for (const auto& changes : weaker) {
    const auto found = mistakes_with(changes, "********");
    BOOST_REQUIRE(found.size() == 1U);
    BOOST_TEST(found[0].loc == json::parse(R"(["body","options","kafka","sasl_password"])"));
    BOOST_TEST(mistakes_with(changes, "s3cret").empty());
  }
  BOOST_TEST(mistakes_with({{"ssl_endpoint_identification_algorithm", "https"}}, "********").empty());
  BOOST_TEST(mistakes_with({{"properties", {{"fetch.min.bytes", "2"}}}}, "********").empty());
}

BOOST_FIXTURE_TEST_CASE(a_masked_consumer_holds_no_secret_and_is_else_the_same, rules_fixture) {
  auto spec = stored();
  spec.options = {{"kafka", {{"security_protocol", "SSL"}, {"ssl_key_password", "s3cret"}}}};
  spec.processors = {
      {processor_id{make_uuid()}, "streaming_forwarder",
       json{{"endpoint_url", "http://127.0.0.1:1/a"}, {"bearer_token", "s3cret"}}, timestamp{}, timestamp{}},
      {processor_id{make_uuid()}, "gone", json{{"password", "s3cret"}}, timestamp{}, timestamp{}}};
  auto masked = rules.masked(spec);
  BOOST_TEST(masked.options["kafka"]["ssl_key_password"] == "********");
  BOOST_TEST(masked.processors[0].config["bearer_token"] == "********");
  BOOST_TEST(masked.processors[0].config["endpoint_url"] == "http://127.0.0.1:1/a");
  BOOST_TEST(masked.processors[1].config == json::object());
  BOOST_TEST((rules.masked(masked) == masked));
  masked.options = spec.options;
  masked.processors = spec.processors;
  BOOST_TEST((masked == spec));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::consumer_rules_test
