#include <boost/test/unit_test.hpp>

#include "config/consumers/options_schema.hpp"
#include "config/consumers/spec.hpp"

namespace kfs::consumer_options_test {

namespace {

std::vector<violation> mistakes_of(const json& options) {
  std::vector<violation> found;
  consumer_options_schema().validate(options, json::array({"body", "options"}), found);
  return found;
}

/// Checks that the only mistake is at this place below `options` and speaks of `words`.
void expect_mistake(const json& options, const std::string& place, const std::string& words) {
  BOOST_TEST_CONTEXT(options.dump()) {
    const auto found = mistakes_of(options);
    BOOST_REQUIRE_EQUAL(found.size(), 1U);
    std::string at;
    for (std::size_t i = 2; i < found[0].loc.size(); ++i) {
      const auto& step = found[0].loc[i];
      at += '/' + (step.is_string() ? step.get<std::string>() : step.dump());
    }
    BOOST_TEST(at == place);
    BOOST_TEST(found[0].msg.find(words) != std::string::npos, found[0].msg);
  }
}

json kafka(json options) {
  return {{"kafka", std::move(options)}};
}
json properties(json values) {
  return kafka({{"properties", std::move(values)}});
}

/// The default that the schema tells for the option at a JSON pointer of its `properties`.
std::int64_t told_default(const std::string& pointer) {
  return consumer_options_schema().json_schema().at(json::json_pointer(pointer)).at("default").get<std::int64_t>();
}

const json everything = json::parse(R"({
  "auto_offset_reset": "error", "partitions": [2, 0], "batch": {"max_messages": 1, "max_bytes": 1024, "max_wait_ms": 7},
  "limits": {"records_per_second": 100, "bytes_per_second": 4096},
  "lag": {"window_ms": 30000, "warn_seconds": 5, "warn_records": 100},
  "recovery": {"enabled": false, "max_attempts": 3, "initial_backoff_ms": 10, "max_backoff_ms": 20,
    "fatal_codes": ["sink_denied", "topic_missing"], "processor_restarts": 5, "processor_restart_period_ms": 30000,
    "processor_timeout_ms": 4000},
  "kafka": {"bootstrap_servers": "a:1,[::1]:2", "security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM-SHA-512",
    "sasl_username": "u", "sasl_password": "p",
    "ssl_ca_pem": "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n",
    "ssl_certificate_pem": "-----BEGIN CERTIFICATE-----\ny\n-----END CERTIFICATE-----\n",
    "ssl_key_pem": "-----BEGIN PRIVATE KEY-----\nz\n-----END PRIVATE KEY-----\n", "ssl_key_password": "k",
    "ssl_endpoint_identification_algorithm": "none",
    "properties": {"fetch.min.bytes": "5", "client.rack": "r1"}},
  "stop_timeout_ms": 100})");

}  // namespace

BOOST_AUTO_TEST_SUITE(consumer_options)

BOOST_AUTO_TEST_CASE(no_options_are_valid_and_mean_the_defaults) {
  BOOST_TEST(mistakes_of(json::object()).empty());
  BOOST_CHECK(typed_options(json::object()) == kfs::consumer_options{});
}

BOOST_AUTO_TEST_CASE(the_schema_tells_the_defaults_that_are_used) {
  const kfs::consumer_options used;
  BOOST_TEST(told_default("/properties/stop_timeout_ms") == used.stop_timeout.count());
  BOOST_TEST(told_default("/properties/lag/properties/window_ms") == used.lag.window.count());
  BOOST_TEST(told_default("/properties/lag/properties/warn_seconds") == used.lag.warn_after.count());
  BOOST_TEST(told_default("/properties/lag/properties/warn_records") == used.lag.warn_records);
  BOOST_TEST(told_default("/properties/batch/properties/max_messages") == used.batch.max_messages);
  BOOST_TEST(told_default("/properties/batch/properties/max_bytes") == used.batch.max_bytes);
  BOOST_TEST(told_default("/properties/batch/properties/max_wait_ms") == used.batch.max_wait.count());
  BOOST_TEST(told_default("/properties/recovery/properties/max_backoff_ms") == used.recovery.max_backoff.count());
  BOOST_TEST(told_default("/properties/recovery/properties/initial_backoff_ms") ==
             used.recovery.initial_backoff.count());
}

BOOST_AUTO_TEST_CASE(every_option_reaches_its_typed_form) {
  BOOST_TEST(mistakes_of(everything).empty());
  const auto typed = typed_options(everything);
  BOOST_TEST(typed.auto_offset_reset == "error");
  BOOST_TEST((typed.partitions == std::vector<partition_number>{2, 0}));
  BOOST_CHECK((typed.batch == batch_options{1, 1024, std::chrono::milliseconds{7}}));
  BOOST_CHECK((typed.limits == rate_limits{100, 4096}));
  BOOST_CHECK((typed.lag == lag_options{std::chrono::seconds{30}, std::chrono::seconds{5}, 100}));
  BOOST_CHECK((typed.recovery == recovery_options{.enabled = false,
                                                  .max_attempts = 3,
                                                  .initial_backoff = std::chrono::milliseconds{10},
                                                  .max_backoff = std::chrono::milliseconds{20},
                                                  .fatal_codes = {ec::topic_missing, ec::sink_denied},
                                                  .processor_restarts = 5,
                                                  .processor_restart_period = std::chrono::milliseconds{30'000},
                                                  .processor_timeout = std::chrono::milliseconds{4'000}}));
  BOOST_TEST(typed.stop_timeout.count() == 100);
  BOOST_TEST(typed.kafka.bootstrap_servers.value() == "a:1,[::1]:2");
}

BOOST_AUTO_TEST_CASE(kafka_options_become_properties_of_librdkafka) {
  std::vector<std::string> names;
  for (const auto& [name, value] : typed_options(everything).kafka.properties) names.push_back(name);
  const std::vector<std::string> expected = {
      "security.protocol", "sasl.mechanism",   "sasl.username",
      "sasl.password",     "ssl.ca.pem",       "ssl.certificate.pem",
      "ssl.key.pem",       "ssl.key.password", "ssl.endpoint.identification.algorithm",
      "fetch.min.bytes",   "client.rack"};
  BOOST_TEST(names == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_rate_without_a_limit_may_be_spelled_out) {
  const json options = {{"limits", {{"records_per_second", nullptr}}}};
  BOOST_TEST(mistakes_of(options).empty());
  BOOST_CHECK((typed_options(options).limits == rate_limits{}));
  for (const auto& wrong : {json(0), json(-1), json(1.5), json("5"), json(1'000'000'001)})
    BOOST_TEST(!mistakes_of({{"limits", {{"records_per_second", wrong}}}}).empty(), wrong);
}

BOOST_AUTO_TEST_CASE(unlimited_attempts_may_be_spelled_out) {
  const json options = {{"recovery", {{"max_attempts", nullptr}}}};
  BOOST_TEST(mistakes_of(options).empty());
  BOOST_TEST(!typed_options(options).recovery.max_attempts.has_value());
}

BOOST_AUTO_TEST_CASE(partitions_are_numbers_that_are_named_once) {
  expect_mistake({{"partitions", json::array()}}, "/partitions", "at least 1 item");
  expect_mistake({{"partitions", {1, 2, 1}}}, "/partitions", "partition 1 is named twice");
  expect_mistake({{"partitions", {0, -1}}}, "/partitions/1", "greater than or equal to 0");
  expect_mistake({{"partitions", {1'000'001}}}, "/partitions/0", "less than or equal to 1000000");
  expect_mistake({{"partitions", std::vector<int>(10'001, 0)}}, "/partitions", "at most 10000 items");
}

BOOST_AUTO_TEST_CASE(limits_are_kept) {
  expect_mistake({{"auto_offset_reset", "none"}}, "/auto_offset_reset", "'earliest', 'latest' or 'error'");
  expect_mistake({{"batch", {{"max_messages", 100'001}}}}, "/batch/max_messages", "less than or equal to 100000");
  expect_mistake({{"batch", {{"max_bytes", 1'023}}}}, "/batch/max_bytes", "greater than or equal to 1024");
  expect_mistake({{"recovery", {{"max_attempts", 0}}}}, "/recovery/max_attempts", "greater than or equal to 1");
  expect_mistake({{"lag", {{"window_ms", 9'999}}}}, "/lag/window_ms", "greater than or equal to 10000");
  expect_mistake({{"stop_timeout_ms", 12'001}}, "/stop_timeout_ms", "less than or equal to 12000");
}

BOOST_AUTO_TEST_CASE(the_first_back_off_may_not_be_longer_than_the_longest) {
  expect_mistake({{"recovery", {{"initial_backoff_ms", 100}, {"max_backoff_ms", 99}}}}, "/recovery",
                 "initial_backoff_ms (100) must be at most max_backoff_ms (99)");
}

BOOST_AUTO_TEST_CASE(a_back_off_that_comes_from_the_defaults_gives_way_to_one_that_is_given) {
  const auto shorter = typed_options({{"recovery", {{"max_backoff_ms", 400}}}}).recovery;
  BOOST_TEST(shorter.initial_backoff.count() == 400);
  const auto longer = typed_options({{"recovery", {{"initial_backoff_ms", 90'000}}}}).recovery;
  BOOST_TEST(longer.max_backoff.count() == 90'000);
}

BOOST_AUTO_TEST_CASE(where_the_options_say_nothing_the_given_defaults_hold) {
  policy_defaults defaults;
  defaults.recovery.max_attempts = 7;
  defaults.recovery.fatal_codes = {ec::sink_denied};
  defaults.on_error.policy = rejection_policy::skip;
  BOOST_CHECK(typed_options(json::object(), defaults).recovery == defaults.recovery);
  BOOST_CHECK(typed_options(json::object(), defaults).on_error == defaults.on_error);
  const json options{{"recovery", {{"max_attempts", 2}, {"fatal_codes", json::array()}}},
                     {"on_error", {{"policy", "retry"}}}};
  const auto typed = typed_options(options, defaults);
  BOOST_TEST(typed.recovery.max_attempts.value() == 2);
  BOOST_TEST(typed.recovery.fatal_codes.empty());
  BOOST_CHECK(typed.on_error.policy == rejection_policy::retry);
}

BOOST_AUTO_TEST_CASE(fatal_codes_are_codes_of_last_error_named_once) {
  expect_mistake({{"recovery", {{"fatal_codes", json::array({"not_found"})}}}}, "/recovery/fatal_codes/0",
                 "'authentication_failed'");
  expect_mistake({{"recovery", {{"fatal_codes", json::array({"sink_denied", "sink_denied"})}}}},
                 "/recovery/fatal_codes", "sink_denied is named twice");
  for (const auto code : consumer_fault_codes()) {
    const json options{{"recovery", {{"fatal_codes", json::array({to_string(code)})}}}};
    BOOST_TEST(mistakes_of(options).empty());
    BOOST_TEST(typed_options(options).recovery.is_fatal(code));
  }
}

BOOST_AUTO_TEST_CASE(options_that_are_not_declared_are_unknown) {
  expect_mistake({{"replicas", 1}}, "/replicas", "Extra inputs");
}

BOOST_AUTO_TEST_CASE(what_to_do_about_rejected_records_reaches_its_typed_form) {
  const json options = {
      {"on_error", {{"policy", "dead_letter"}, {"max_attempts", 3}, {"dead_letter_topic", "orders.broken"}}}};
  BOOST_TEST(mistakes_of(options).empty());
  const auto typed = typed_options(options).on_error;
  BOOST_CHECK((typed == on_error_options{rejection_policy::dead_letter, 3, "orders.broken"}));
  BOOST_TEST(told_default("/properties/on_error/properties/max_attempts") == on_error_options{}.max_attempts);
}

BOOST_AUTO_TEST_CASE(each_policy_for_rejected_records_has_its_name) {
  using enum rejection_policy;
  for (const auto policy : {retry, dead_letter, skip, stop}) {
    const json options = {{"on_error", {{"policy", to_string(policy)}}}};
    BOOST_TEST(mistakes_of(options).empty());
    BOOST_CHECK(typed_options(options).on_error.policy == policy);
  }
  expect_mistake({{"on_error", {{"policy", "ignore"}}}}, "/on_error/policy", "'retry'");
  expect_mistake({{"on_error", {{"max_attempts", 0}}}}, "/on_error/max_attempts", "greater than or equal to 1");
}

BOOST_AUTO_TEST_CASE(a_dead_letter_topic_has_a_legal_name) {
  expect_mistake({{"on_error", {{"policy", "dead_letter"}, {"dead_letter_topic", "dead letters"}}}},
                 "/on_error/dead_letter_topic", "a topic has 1 to 249");
}

BOOST_AUTO_TEST_CASE(dead_letters_go_to_a_topic_named_after_the_consumers_own) {
  on_error_options options{.policy = rejection_policy::dead_letter, .dead_letter_topic = {}};
  BOOST_TEST(options.dead_letter_topic_of("orders") == "orders.dead-letter");
  BOOST_TEST(!wrong_dead_letter_topic(options, "orders").has_value());
  BOOST_TEST(wrong_dead_letter_topic(options, std::string(240, 'x')).has_value());
  options.dead_letter_topic = "orders";
  BOOST_TEST(wrong_dead_letter_topic(options, "orders").has_value());
  options.policy = rejection_policy::skip;
  BOOST_TEST(wrong_dead_letter_topic(options, "payments").value_or("") == "dead_letter_topic needs policy dead_letter");
  options.dead_letter_topic.reset();
  BOOST_TEST(!wrong_dead_letter_topic(options, "orders").has_value());
}

BOOST_AUTO_TEST_CASE(bootstrap_servers_are_host_and_port) {
  BOOST_TEST(mistakes_of(kafka({{"bootstrap_servers", "a.b-c_d:1,10.0.0.1:65535,[::1]:9092"}})).empty());
  for (const auto* list :
       {"host", "host:0", "host:65536", "host:x", "a:1,,b:2", "SSL://host:1", "::1:9092", "a b:1", "/etc/passwd"}) {
    expect_mistake(kafka({{"bootstrap_servers", list}}), "/kafka/bootstrap_servers", "entry ");
  }
  expect_mistake(kafka({{"bootstrap_servers", "host:1\n"}}), "/kafka/bootstrap_servers", "control characters");
}

BOOST_AUTO_TEST_CASE(sasl_needs_all_of_its_parts_and_a_protocol_that_uses_them) {
  expect_mistake(kafka({{"security_protocol", "SASL_PLAINTEXT"}}), "/kafka", "needs sasl_mechanism");
  expect_mistake(kafka({{"security_protocol", "SASL_SSL"}, {"sasl_mechanism", "PLAIN"}, {"sasl_username", "u"}}),
                 "/kafka", "needs sasl_password");
  expect_mistake(kafka({{"sasl_username", "u"}}), "/kafka", "needs security_protocol SASL_PLAINTEXT or SASL_SSL");
  expect_mistake(kafka({{"sasl_mechanism", "GSSAPI"}}), "/kafka/sasl_mechanism", "'PLAIN'");
}

BOOST_AUTO_TEST_CASE(certificates_are_pem_text_and_no_paths) {
  const json certificate = "-----BEGIN CERTIFICATE-----";
  expect_mistake(kafka({{"security_protocol", "SSL"}, {"ssl_ca_pem", "/etc/ssl/ca.pem"}}), "/kafka/ssl_ca_pem",
                 "must be PEM text");
  expect_mistake(kafka({{"security_protocol", "SSL"}, {"ssl_certificate_pem", certificate}}), "/kafka",
                 "need each other");
  expect_mistake(kafka({{"ssl_ca_pem", certificate}}), "/kafka", "needs security_protocol SSL or SASL_SSL");
  expect_mistake(kafka({{"ssl_ca_location", "/etc/ssl/ca.pem"}}), "/kafka/ssl_ca_location", "Extra inputs");
}

BOOST_AUTO_TEST_CASE(a_secret_of_kafka_is_never_repeated) {
  for (const auto& each : mistakes_of(kafka({{"sasl_password", "secret\n"}, {"ssl_key_pem", "secret"}}))) {
    BOOST_TEST(each.input == json(nullptr));
    BOOST_TEST(each.msg.find("secret") == std::string::npos);
  }
  const auto masked = consumer_options_schema().masked(everything)["kafka"];
  for (const auto* name : {"sasl_password", "ssl_key_pem", "ssl_key_password"}) {
    BOOST_TEST(masked[name] == json(secret_mask));
  }
  BOOST_TEST(masked["sasl_username"] == json("u"));
}

BOOST_AUTO_TEST_CASE(only_harmless_properties_are_allowed) {
  for (const auto* name : {"ssl.ca.location", "plugin.library.paths", "sasl.kerberos.kinit.cmd", "group.id",
                           "enable.auto.commit", "debug", "bootstrap.servers"}) {
    expect_mistake(properties({{name, "1"}}), std::string("/kafka/properties/") + name, "Extra inputs");
  }
}

BOOST_AUTO_TEST_CASE(properties_have_values_that_librdkafka_accepts) {
  BOOST_TEST(mistakes_of(properties({{"fetch.min.bytes", "1"}, {"check.crcs", "true"}, {"client.id", "me"}})).empty());
  const std::string at = "/kafka/properties/";
  for (const auto* text : {"", "0", "100000001", "1.5", "+1", "0x10", " 1", "1 ", "99999999999999999999"}) {
    expect_mistake(properties({{"fetch.min.bytes", text}}), at + "fetch.min.bytes", "from 1 to 100000000");
  }
  expect_mistake(properties({{"fetch.min.bytes", 1}}), at + "fetch.min.bytes", "valid string");
  expect_mistake(properties({{"check.crcs", "yes"}}), at + "check.crcs", "'true' or 'false'");
  expect_mistake(properties({{"isolation.level", "x"}}), at + "isolation.level", "'read_uncommitted'");
  expect_mistake(properties({{"client.id", std::string("a\0b", 3)}}), at + "client.id", "control characters");
  expect_mistake(properties({{"client.rack", " a"}}), at + "client.rack", "begin with a blank");
}

BOOST_AUTO_TEST_CASE(properties_that_do_not_fit_together_are_rejected) {
  expect_mistake(properties({{"max.poll.interval.ms", "1000"}}), "/kafka/properties", "at least session.timeout.ms");
  expect_mistake(properties({{"session.timeout.ms", "3000"}}), "/kafka/properties", "less than session.timeout.ms");
  expect_mistake(properties({{"reconnect.backoff.ms", "1001"}}), "/kafka/properties", "reconnect.backoff.max.ms");
  expect_mistake(properties({{"fetch.message.max.bytes", "4096"}, {"max.partition.fetch.bytes", "4096"}}),
                 "/kafka/properties", "one property");
  expect_mistake(properties({{"socket.timeout.ms", "500"}}), "/kafka/properties", "fetch.wait.max.ms");
  expect_mistake(properties({{"fetch.wait.max.ms", "60000"}}), "/kafka/properties", "socket.timeout.ms");
  BOOST_TEST(mistakes_of(properties({{"session.timeout.ms", "6000"}, {"max.poll.interval.ms", "6000"}})).empty());
}

BOOST_AUTO_TEST_CASE(bootstrap_servers_of_the_options_win_over_the_broker) {
  consumer_spec spec;
  spec.broker_ip = "broker";
  spec.broker_port = 9092;
  BOOST_TEST(spec.bootstrap_servers() == "broker:9092");
  spec.broker_ip = "2001:db8::1";
  BOOST_TEST(spec.bootstrap_servers() == "[2001:db8::1]:9092");
  spec.options = kafka({{"bootstrap_servers", "a:1,b:2"}});
  BOOST_TEST(spec.bootstrap_servers() == "a:1,b:2");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::consumer_options_test
