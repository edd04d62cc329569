// Consumers whose secrets are somewhere else: by reference, or behind a key that is lost.

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "config/consumers/rules.hpp"
#include "config/secrets/resolution.hpp"
#include "processors/http/endpoints.hpp"
#include "processors/sink_registry.hpp"
#include "tests/unit/config/consumers/rules_fixture.hpp"

namespace kfs::consumer_references_test {

using test::rules_fixture;

namespace {

/// Rules of a server with SECRETS_DIRECTORIES=/run/secrets, and a consumer with the same secrets by reference.
struct referring_fixture : rules_fixture {
  kfs::consumer_rules referring{configured.kafka_allowed_brokers, configured.policies, catalog,
                                secret_source({"/run/secrets"}, {})};
  json body = mission_body;

  referring_fixture() {
    sinks.endpoints = std::make_shared<http_endpoints>(address_policy{}, nullptr);
    body["processor_configs"] = json::parse(R"([
      {"processor_type":"streaming_forwarder","config":{"endpoint_url":"http://127.0.0.1:1/a",
        "bearer_token":"${file:/run/secrets/token}","headers":{"X-Key":"${env:KFS_SECRET_KEY}"}}},
      {"processor_type":"database_sync","config":{"table":"a","db_dsn":"postgresql://u:${file:/run/secrets/p}@127.0.0.2/d"}},
      {"processor_type":"database_sync","config":{"table":"b","db_dsn":"${env:KFS_SECRET_DSN}"}}])");
    body["options"]["kafka"] = {{"security_protocol", "SASL_SSL"},
                                {"sasl_mechanism", "PLAIN"},
                                {"sasl_username", "fetcher"},
                                {"sasl_password", "${file:/run/secrets/kafka}"}};
  }

  /// Where POST finds mistakes.
  std::vector<std::string> places_of_mistakes() const {
    std::vector<std::string> places;
    const auto made = referring.creation(body);
    if (made) return places;
    for (const auto& mistake : made.error()) places.push_back(mistake.loc.dump());
    return places;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(consumer_references)

BOOST_FIXTURE_TEST_CASE(references_are_accepted_and_shown_as_they_are_written, referring_fixture) {
  const auto made = referring.creation(body);
  BOOST_REQUIRE(made.has_value());
  const auto spec = make_consumer(*made, timestamp{});
  const auto shown = referring.masked(spec);
  BOOST_CHECK(shown == spec);
  const auto again = referring.change({{"options", shown.options},
                                       {"processor_configs",
                                        {{{"id", shown.processors[0].id.value},
                                          {"processor_type", "streaming_forwarder"},
                                          {"config", shown.processors[0].config}}}}},
                                      spec);
  BOOST_REQUIRE(again.has_value());
  BOOST_CHECK(again->processors->at(0).config == spec.processors[0].config);
}

BOOST_FIXTURE_TEST_CASE(a_reference_in_an_option_that_is_no_secret_is_plain_text, referring_fixture) {
  body["processor_configs"] = json::parse(R"([
    {"processor_type":"streaming_forwarder","config":{"endpoint_url":"http://127.0.0.1:1/a&password=${file:/run/secrets/token}&b?password=c"}}])");
  const auto made = referring.creation(body);
  BOOST_TEST_REQUIRE(made.has_value(), (made ? "" : made.error().front().msg));
  const auto& schema = *find_sink_type("streaming_forwarder")->options;
  BOOST_TEST(!needs_resolution(schema, made->processors[0].config));
  const auto used = resolved(schema, made->processors[0].config, secret_source({}, {{"KFS_SECRET_KEY", "s3cret"}}));
  BOOST_REQUIRE(used.has_value());
  BOOST_TEST(*used == made->processors[0].config);
}

BOOST_FIXTURE_TEST_CASE(a_reference_to_what_no_consumer_may_have_is_rejected_where_it_is, referring_fixture) {
  BOOST_TEST(places_of_mistakes().empty());
  auto& forwarder = body["processor_configs"][0]["config"];
  forwarder["bearer_token"] = "${file:/etc/passwd}";
  forwarder["headers"]["X-Key"] = "${env:HOME}";
  body["processor_configs"][1]["config"]["db_dsn"] = "postgresql://u:${file:/run/secrets/../p}@h/d";
  body["processor_configs"][2]["config"]["db_dsn"] = "${file:/etc/dsn}";
  body["options"]["kafka"]["sasl_password"] = "${file:kafka}";
  auto found = places_of_mistakes();
  std::sort(found.begin(), found.end());
  const std::vector<std::string> expected{
      R"(["body","options","kafka","sasl_password"])", R"(["body","processor_configs",0,"config","bearer_token"])",
      R"(["body","processor_configs",0,"config","headers","X-Key"])",
      R"(["body","processor_configs",1,"config","db_dsn"])", R"(["body","processor_configs",2,"config","db_dsn"])"};
  // A config with a mistake is not checked further, so the first one is found in two rounds.
  BOOST_TEST(std::includes(expected.begin(), expected.end(), found.begin(), found.end()));
  BOOST_TEST(found.size() >= 4U);
}

BOOST_FIXTURE_TEST_CASE(elsewhere_the_text_of_a_reference_is_plain_text, referring_fixture) {
  body["processor_configs"] = json::array();
  body["consumer_group"] = "${file:/etc/passwd}";
  body["options"]["kafka"]["properties"] = {{"client.id", "${env:HOME}"}};
  BOOST_TEST(places_of_mistakes().empty());
}

BOOST_FIXTURE_TEST_CASE(hosts_beside_a_reference_are_checked_at_once, referring_fixture) {
  sinks.database_hosts = address_policy::parse({"127.0.0.1"}, "DATABASE_ALLOWED_HOSTS").value();
  BOOST_TEST((places_of_mistakes() == std::vector<std::string>{R"(["body","processor_configs",1,"config","db_dsn"])"}));
}

BOOST_FIXTURE_TEST_CASE(two_processors_with_the_same_reference_write_to_the_same_table, referring_fixture) {
  body["processor_configs"][1] = body["processor_configs"][2];
  BOOST_TEST(places_of_mistakes().size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_secret_by_reference_does_not_follow_its_brokers_unless_it_is_sent_again, referring_fixture) {
  const auto before = make_consumer(*referring.creation(body), timestamp{});
  BOOST_TEST(!referring.change({{"broker_ip", "127.0.0.11"}}, before).has_value());
  BOOST_TEST(referring.change({{"broker_ip", "127.0.0.11"}, {"options", before.options}}, before).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_secret_whose_key_is_lost_is_masked_kept_and_replaced_by_a_new_one, referring_fixture) {
  auto before = make_consumer(*referring.creation(body), timestamp{});
  const std::string sealed = "kfs-sealed:1:1a2b3c4d:AAAA";
  before.options["kafka"]["sasl_password"] = sealed;
  before.processors[0].config["bearer_token"] = sealed;
  before.processors[1].config["db_dsn"] = sealed;
  const auto shown = referring.masked(before);
  BOOST_TEST(shown.options["kafka"]["sasl_password"] == "********");
  BOOST_TEST(shown.processors[0].config["bearer_token"] == "********");
  BOOST_TEST(shown.processors[1].config["db_dsn"] == "********");
  const auto with = [&](const json& config) {
    return json{{"processor_configs",
                 {{{"id", shown.processors[1].id.value}, {"processor_type", "database_sync"}, {"config", config}}}}};
  };
  const auto kept = referring.change({{"options", shown.options}}, before);
  BOOST_REQUIRE(kept.has_value());
  BOOST_TEST((*kept->options)["kafka"]["sasl_password"] == sealed);
  BOOST_TEST(referring.change({{"topic", "other"}}, before).has_value());
  const auto unreadable = referring.change(with(shown.processors[1].config), before);
  BOOST_REQUIRE(!unreadable.has_value());
  BOOST_TEST(unreadable.error().at(0).loc == json::parse(R"(["body","processor_configs",0,"config","db_dsn"])"));
  BOOST_TEST(unreadable.error().at(0).input.is_null());
  BOOST_TEST(referring.change(with({{"table", "a"}, {"db_dsn", "postgresql://u:new@h/d"}}), before).has_value());
}

BOOST_FIXTURE_TEST_CASE(no_request_may_hold_what_looks_like_an_encrypted_secret, referring_fixture) {
  body["options"]["kafka"]["sasl_password"] = "kfs-sealed:1:1a2b3c4d:AAAA";
  BOOST_TEST((places_of_mistakes() == std::vector<std::string>{R"(["body","options","kafka","sasl_password"])"}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::consumer_references_test
