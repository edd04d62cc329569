// Where the secrets of a consumer are shown, and where they may be sent.

#include "config/consumers/rules.hpp"

#include <boost/test/unit_test.hpp>

#include "processors/http/endpoints.hpp"
#include "tests/unit/config/consumers/rules_fixture.hpp"

namespace kfs::consumer_secrets_test {

using test::rules_fixture;

BOOST_AUTO_TEST_SUITE(consumer_secrets)

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

BOOST_FIXTURE_TEST_CASE(what_get_gave_can_be_put_back_when_the_place_itself_has_a_masked_part, rules_fixture) {
  sinks.endpoints = std::make_shared<http_endpoints>(address_policy{}, nullptr);
  auto body = mission_body;
  body["processor_configs"] = json::parse(R"([{"processor_type":"streaming_forwarder",
    "config":{"endpoint_url":"http://127.0.0.1:1/a?password=pw","bearer_token":"the token"}}])");
  const auto before = make_consumer(*rules.creation(body), timestamp{});
  const auto shown = rules.masked(before);
  BOOST_TEST(shown.processors[0].config["endpoint_url"] == "http://127.0.0.1:1/a?password=********");
  auto processors = body["processor_configs"];
  processors[0]["config"] = shown.processors[0].config;
  const auto again = rules.change({{"processor_configs", processors}}, before);
  BOOST_REQUIRE(again.has_value());
  BOOST_TEST(again->processors->at(0).config == before.processors[0].config);
  processors[0]["config"]["endpoint_url"] = "http://127.0.0.1:2/a?password=********";
  BOOST_TEST(!rules.change({{"processor_configs", processors}}, before).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_text_that_only_holds_the_mask_is_no_secret, rules_fixture) {
  sinks.endpoints = std::make_shared<http_endpoints>(address_policy{}, nullptr);
  const auto accepts = [&](const char* type, const json& config) {
    auto body = mission_body;
    body["processor_configs"] = json::array({{{"processor_type", type}, {"config", config}}});
    return rules.creation(body).has_value();
  };
  BOOST_TEST(!accepts("streaming_forwarder",
                      {{"endpoint_url", "http://127.0.0.1:1/a"}, {"headers", {{"X-Key", "Bearer ********"}}}}));
  BOOST_TEST(!accepts("database_sync", {{"table", "t"}, {"db_dsn", "postgresql://u:********%20@127.0.0.1/d"}}));
}

BOOST_FIXTURE_TEST_CASE(a_malformed_place_is_not_repeated, rules_fixture) {
  sinks.endpoints = std::make_shared<http_endpoints>(address_policy{}, nullptr);
  for (const auto* dsn : {"u:SEKRET@h/db", "postgresql:u:SEKRET@h/db", "jdbc:postgresql://h/db;password=SEKRET",
                          "host=h,password=SEKRET", "postgres://u:12SEKRET"}) {
    auto body = mission_body;
    body["processor_configs"] =
        json::array({{{"processor_type", "database_sync"}, {"config", {{"db_dsn", dsn}, {"table", "t"}}}}});
    const auto rejected = rules.creation(body);
    BOOST_REQUIRE(!rejected.has_value());
    for (const auto& mistake : rejected.error()) BOOST_TEST(mistake.input.is_null(), mistake.input);
  }
  auto body = mission_body;
  body["processor_configs"] = json::array({{{"processor_type", "streaming_forwarder"},
                                            {"config", R"({"endpoint_url":"http://h","basic_auth":"SEKRET"})"}}});
  const auto rejected = rules.creation(body);
  BOOST_REQUIRE(!rejected.has_value());
  for (const auto& mistake : rejected.error()) BOOST_TEST(mistake.input.is_null(), mistake.input);
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

namespace {

/// A change, and whether it leaves the secrets where they go.
struct change_case {
  const char* what;
  json change;
  bool accepted;
};

}  // namespace

// One rule: what is masked, or not named, stays with where it goes.
BOOST_FIXTURE_TEST_CASE(masked_and_unnamed_secrets_stay_with_where_they_go, rules_fixture) {
  sinks.endpoints = std::make_shared<http_endpoints>(address_policy{}, nullptr);
  auto body = mission_body;
  body["processor_configs"] = json::parse(R"([
    {"processor_type":"streaming_forwarder","config":{"endpoint_url":"https://h:1/a","hmac_secret":"s3cret",
      "headers":{"Authorization":"s3cret"},"basic_user":"u","basic_password":"s3cret"}},
    {"processor_type":"database_sync","config":{"table":"a","db_dsn":"postgresql://u:s3cret@h1:1,h2:2/d"}}])");
  body["processor_configs"][0]["config"]["headers"] = {{"X-Key", "s3cret"}};
  body["options"]["kafka"] = {{"bootstrap_servers", "h1:9092,h2:9092"},
                              {"security_protocol", "SASL_SSL"},
                              {"sasl_mechanism", "PLAIN"},
                              {"sasl_username", "u"},
                              {"sasl_password", "s3cret"},
                              {"ssl_key_password", "s3cret"}};
  body["options"]["kafka"].erase("ssl_key_password");
  const auto made = rules.creation(body);
  BOOST_REQUIRE(made.has_value());
  const auto before = make_consumer(*made, timestamp{});
  const auto shown = rules.masked(before);
  BOOST_TEST(shown.options.dump().find("s3cret") == std::string::npos);
  const auto kafka = [&](const json& changes) {
    auto options = shown.options;
    options["kafka"].update(changes);
    return json{{"options", options}};
  };
  const auto processor = [&](std::size_t index, const json& changes) {
    auto config = shown.processors[index].config;
    config.update(changes);
    return json{{"processor_configs",
                 {{{"id", shown.processors[index].id.value},
                   {"processor_type", shown.processors[index].type},
                   {"config", config}}}}};
  };
  const std::string pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  const std::vector<change_case> cases{
      {"nothing", kafka(json::object()), true},
      {"how it reads", kafka({{"properties", {{"fetch.min.bytes", "2"}}}}), true},
      {"the brokers", kafka({{"bootstrap_servers", "h3:9092"}}), false},
      {"one more broker", kafka({{"bootstrap_servers", "h1:9092,h2:9092,h3:9092"}}), false},
      {"the protocol", kafka({{"security_protocol", "SASL_PLAINTEXT"}}), false},
      {"the authority", kafka({{"ssl_ca_pem", pem}}), false},
      {"the check of names", kafka({{"ssl_endpoint_identification_algorithm", "none"}}), false},
      {"a broker that is not used", {{"broker_ip", "127.0.0.11"}}, true},
      {"the time-out", processor(0, {{"timeout_ms", 2'000}}), true},
      {"the host", processor(0, {{"endpoint_url", "https://h2:1/a"}}), false},
      {"the port", processor(0, {{"endpoint_url", "https://h:2/a"}}), false},
      {"the path", processor(0, {{"endpoint_url", "https://h:1/b"}}), false},
      {"the scheme", processor(0, {{"endpoint_url", "http://h:1/a"}}), false},
      {"the authority of the endpoint", processor(0, {{"tls_ca_pem", pem}}), false},
      {"the table", processor(1, {{"table", "b"}}), true},
      {"the host of the database", processor(1, {{"db_dsn", "postgresql://u:********@h3:1,h2:2/d"}}), false},
      {"the second host", processor(1, {{"db_dsn", "postgresql://u:********@h1:1,h3:2/d"}}), false},
      {"one more host", processor(1, {{"db_dsn", "postgresql://u:********@h1:1,h2:2,h3:3/d"}}), false},
      {"the port of the database", processor(1, {{"db_dsn", "postgresql://u:********@h1:3,h2:2/d"}}), false},
      {"the user", processor(1, {{"db_dsn", "postgresql://v:********@h1:1,h2:2/d"}}), false},
      {"the protection", processor(1, {{"db_dsn", "postgresql://u:********@h1:1,h2:2/d?sslmode=disable"}}), false},
      {"an address", processor(1, {{"db_dsn", "postgresql://u:********@h1:1,h2:2/d?hostaddr=127.0.0.1"}}), false},
      {"the database itself, with its password", processor(1, {{"db_dsn", "postgresql://u:again@h3/d"}}), true},
  };
  for (const auto& [what, change, accepted] : cases) {
    const auto changed = rules.change(change, before);
    BOOST_TEST(changed.has_value() == accepted, what);
    if (!changed)
      for (const auto& mistake : changed.error()) BOOST_TEST(mistake.msg.find("s3cret") == std::string::npos, what);
  }
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

}  // namespace kfs::consumer_secrets_test
