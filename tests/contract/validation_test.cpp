// Requests that are rejected with 422, and the texts of their mistakes.

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "tests/contract/contract_server.hpp"

namespace kfs::validation_test {

using namespace kfs::contract;

namespace {

using loc = json::array_t;

struct validating_server : contract_server {
  json body = mission_consumer(file("values.log"));

  /// The mistakes in the answer to a POST of `sent`.
  json mistakes_of(const json& sent) {
    const auto rejected = post("/consumers/", sent);
    BOOST_TEST_REQUIRE(rejected.status == 422);
    return rejected.content().at("detail");
  }

  /// The only mistake in `body` when it has `value` at `pointer`.
  json mistake_with(const std::string& pointer, const json& value) {
    json sent = body;
    sent[json::json_pointer(pointer)] = value;
    const auto mistakes = mistakes_of(sent);
    BOOST_TEST_REQUIRE(mistakes.size() == 1U, pointer << " = " << value << " gave " << mistakes);
    return mistakes.at(0);
  }

  void check_rejected(const std::string& pointer, const json& value, const std::string& type, const loc& location) {
    const auto mistake = mistake_with(pointer, value);
    BOOST_TEST(mistake.at("type") == type, pointer << " = " << value << " gave " << mistake);
    BOOST_TEST(mistake.at("loc") == json(location), pointer << " = " << value << " gave " << mistake);
    BOOST_TEST(!mistake.at("msg").get<std::string>().empty());
  }
};

/// The mistake with that location; null when there is none.
json mistake_at(const json& mistakes, const loc& location) {
  const auto found = std::find_if(mistakes.begin(), mistakes.end(),
                                  [&](const json& mistake) { return mistake.at("loc") == json(location); });
  return found == mistakes.end() ? json() : *found;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(validation, validating_server)

BOOST_AUTO_TEST_CASE(every_missing_required_field_is_named) {
  const auto mistakes = mistakes_of(json::object());
  BOOST_TEST(mistakes.size() == 6U);
  for (const auto* const field :
       {"broker_ip", "broker_port", "topic", "consumer_group", "auto_start", "processor_configs"}) {
    const auto mistake = mistake_at(mistakes, {"body", field});
    BOOST_TEST_REQUIRE(!mistake.is_null(), field << " is not among " << mistakes);
    BOOST_TEST(mistake.at("type") == "missing");
    BOOST_TEST(mistake.at("msg") == "Field required");
  }
}

BOOST_AUTO_TEST_CASE(all_mistakes_of_a_body_are_named_at_once) {
  body["broker_port"] = "9092";
  body["topic"] = "no/slash";
  body["surprise"] = 1;
  body["processor_configs"][0]["config"] = json::object();
  body["processor_configs"].push_back({{"processor_type", "no_such_sink"}, {"config", json::object()}});
  body.erase("auto_start");
  const auto mistakes = mistakes_of(body);
  BOOST_TEST(mistakes.size() == 6U);
  BOOST_TEST(mistake_at(mistakes, {"body", "broker_port"}).at("type") == "int_type");
  BOOST_TEST(!mistake_at(mistakes, {"body", "topic"}).is_null());
  BOOST_TEST(mistake_at(mistakes, {"body", "surprise"}).at("type") == "extra_forbidden");
  BOOST_TEST(mistake_at(mistakes, {"body", "processor_configs", 0, "config", "file_path"}).at("type") == "missing");
  BOOST_TEST(!mistake_at(mistakes, {"body", "processor_configs", 1, "processor_type"}).is_null());
  BOOST_TEST(mistake_at(mistakes, {"body", "auto_start"}).at("type") == "missing");
}

BOOST_AUTO_TEST_CASE(a_mistake_has_type_loc_msg_and_input_in_that_order) {
  const auto mistake = mistake_with("/broker_port", "9092");
  const std::vector<std::string> keys{"type", "loc", "msg", "input"};
  BOOST_TEST(keys_of(mistake) == keys, boost::test_tools::per_element());
  BOOST_TEST(mistake.at("input") == "9092");
}

BOOST_AUTO_TEST_CASE(values_are_not_converted_to_another_type) {
  for (const json& value : {json("9092"), json(9092.5), json(true), json(nullptr)}) {
    check_rejected("/broker_port", value, "int_type", {"body", "broker_port"});
  }
  for (const json& value : {json("yes"), json("true"), json(1), json(nullptr)}) {
    check_rejected("/auto_start", value, "bool_type", {"body", "auto_start"});
  }
  for (const json& value : {json(1), json(true), json(nullptr), json::array({"payments"})}) {
    check_rejected("/topic", value, "string_type", {"body", "topic"});
  }
  check_rejected("/processor_configs", json::object(), "list_type", {"body", "processor_configs"});
}

BOOST_AUTO_TEST_CASE(a_port_is_1_to_65535) {
  check_rejected("/broker_port", 0, "greater_than_equal", {"body", "broker_port"});
  check_rejected("/broker_port", -1, "greater_than_equal", {"body", "broker_port"});
  check_rejected("/broker_port", 65'536, "less_than_equal", {"body", "broker_port"});
  body["broker_port"] = 65'535;
  BOOST_TEST(post("/consumers/", body).status == 201);
}

BOOST_AUTO_TEST_CASE(a_broker_is_one_host_without_port_or_scheme) {
  for (const auto* const host : {"a,b", "127.0.0.1:9092", "http://a", "a b", "", "[::1]", "a\nb", "-a", "::g"}) {
    BOOST_TEST(mistake_with("/broker_ip", host).at("loc") == json({"body", "broker_ip"}));
  }
  for (const auto* const host : {"localhost", "kafka-0.kafka.svc.cluster.local", "127.0.0.10", "::1"}) {
    body["broker_ip"] = host;
    body["auto_start"] = false;
    BOOST_TEST(post("/consumers/", body).status == 201, host);
  }
}

BOOST_AUTO_TEST_CASE(link_local_and_metadata_addresses_are_rejected) {
  for (const auto* const host : {"169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "0.0.0.0"}) {
    BOOST_TEST(mistake_with("/broker_ip", host).at("loc") == json({"body", "broker_ip"}));
  }
}

BOOST_AUTO_TEST_CASE(a_topic_name_follows_the_rule_of_kafka) {
  for (const auto& topic : {std::string(), std::string("."), std::string(".."), std::string("a b"),
                            std::string("größe"), std::string("a\nb"), std::string(250, 'a')}) {
    BOOST_TEST(mistake_with("/topic", topic).at("loc") == json({"body", "topic"}));
  }
  body["topic"] = std::string(249, 'a');
  BOOST_TEST(post("/consumers/", body).status == 201);
}

BOOST_AUTO_TEST_CASE(a_group_has_1_to_255_characters_and_no_control_characters) {
  for (const auto& group :
       {std::string(), std::string("a\nb"), std::string("a\0b", 3), std::string("\x7f"), std::string(256, 'a')}) {
    BOOST_TEST(mistake_with("/consumer_group", group).at("loc") == json({"body", "consumer_group"}));
  }
  body["consumer_group"] = "größe und \"Zeichen\" 日本";
  const auto accepted = post("/consumers/", body);
  BOOST_TEST(accepted.status == 201);
  BOOST_TEST(accepted.content().at("consumer_group") == body.at("consumer_group"));
}

BOOST_AUTO_TEST_CASE(unknown_fields_are_rejected_by_name_at_any_depth) {
  check_rejected("/surprise", 1, "extra_forbidden", {"body", "surprise"});
  check_rejected("/processor_configs/0/surprise", 1, "extra_forbidden", {"body", "processor_configs", 0, "surprise"});
  check_rejected("/processor_configs/0/config/surprise", 1, "extra_forbidden",
                 {"body", "processor_configs", 0, "config", "surprise"});
  check_rejected("/options/surprise", 1, "extra_forbidden", {"body", "options", "surprise"});
  check_rejected("/options/batch/surprise", 1, "extra_forbidden", {"body", "options", "batch", "surprise"});
}

BOOST_AUTO_TEST_CASE(an_unknown_processor_type_is_rejected_and_the_known_ones_are_named) {
  const auto mistake = mistake_with("/processor_configs/0/processor_type", "no_such_sink");
  BOOST_TEST(mistake.at("loc") == json({"body", "processor_configs", 0, "processor_type"}));
  BOOST_TEST(mistake.at("msg").get<std::string>().find("file_sink") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_file_outside_the_allowed_directories_is_rejected) {
  const std::string with_nul("\0", 1);
  for (const auto& path : {std::string("/etc/passwd"), file("../../../etc/passwd").string(), std::string(),
                           file("values.log").string() + with_nul}) {
    const auto mistake = mistake_with("/processor_configs/0/config/file_path", path);
    BOOST_TEST(mistake.at("loc") == json({"body", "processor_configs", 0, "config", "file_path"}));
  }
  std::filesystem::create_directory_symlink("/etc", file("link"));
  const auto mistake = mistake_with("/processor_configs/0/config/file_path", file("link/new").string());
  BOOST_TEST(mistake.at("loc") == json({"body", "processor_configs", 0, "config", "file_path"}));
}

BOOST_AUTO_TEST_CASE(options_are_checked_when_they_are_sent) {
  check_rejected("/options/auto_offset_reset", "newest", "literal_error", {"body", "options", "auto_offset_reset"});
  check_rejected("/options/partitions", json::array({"0"}), "int_type", {"body", "options", "partitions", 0});
  check_rejected("/options/partitions", json::array({-1}), "greater_than_equal", {"body", "options", "partitions", 0});
  check_rejected("/options/batch/max_messages", 0, "greater_than_equal", {"body", "options", "batch", "max_messages"});
  check_rejected("/options/recovery/enabled", "no", "bool_type", {"body", "options", "recovery", "enabled"});
  check_rejected("/options/stop_timeout_ms", 99, "greater_than_equal", {"body", "options", "stop_timeout_ms"});
  check_rejected("/options/stop_timeout_ms", 12'001, "less_than_equal", {"body", "options", "stop_timeout_ms"});
  check_rejected("/options/kafka/security_protocol", "TLS", "literal_error",
                 {"body", "options", "kafka", "security_protocol"});
}

BOOST_AUTO_TEST_CASE(dangerous_properties_of_librdkafka_are_rejected) {
  for (const auto* const name : {"plugin.library.paths", "ssl.ca.location", "group.id", "enable.auto.commit",
                                 "ssl.engine.location", "no.such.property"}) {
    body["options"] = {{"kafka", {{"properties", {{name, "x"}}}}}};
    const auto mistakes = mistakes_of(body);
    BOOST_TEST(mistakes.size() == 1U);
    BOOST_TEST(mistakes.at(0).dump().find(name) != std::string::npos, mistakes);
  }
}

BOOST_AUTO_TEST_CASE(a_body_that_is_not_json_is_json_invalid) {
  for (const auto* const text : {"{", "", "{\"a\":1,}", "{} {}", "nul", "{\"a\":\x01}"}) {
    const auto rejected = send("POST", "/consumers/", text);
    BOOST_TEST(rejected.status == 422);
    const auto type = rejected.content().at("detail").at(0).at("type");
    BOOST_TEST((type == "json_invalid" || (*text == '\0' && type == "missing")), text << " gave " << rejected.body);
    BOOST_TEST(rejected.content().at("detail").at(0).at("loc").at(0) == "body");
  }
}

BOOST_AUTO_TEST_CASE(a_body_that_is_not_an_object_is_rejected) {
  for (const auto* const text : {"[]", "1", "\"text\"", "null", "true"}) {
    const auto rejected = send("POST", "/consumers/", text);
    BOOST_TEST(rejected.status == 422);
    BOOST_TEST(rejected.content().at("detail").at(0).at("loc") == json::array({"body"}));
  }
}

BOOST_AUTO_TEST_CASE(a_rejection_repeats_no_secret) {
  const std::string secret = "correct-horse-battery";
  body["options"]["kafka"] = {{"security_protocol", "SASL_SSL"},
                              {"sasl_mechanism", "PLAIN"},
                              {"sasl_username", "user"},
                              {"sasl_password", secret}};
  body["broker_port"] = "wrong";
  const auto rejected = post("/consumers/", body);
  BOOST_TEST(rejected.status == 422);
  BOOST_TEST(rejected.body.find(secret) == std::string::npos);

  body["broker_port"] = 9092;
  body["options"]["kafka"]["sasl_password"] = json::array({secret});
  const auto wrong_type = post("/consumers/", body);
  BOOST_TEST(wrong_type.status == 422);
  BOOST_TEST(wrong_type.body.find(secret) == std::string::npos);

  const auto cut_off = send("POST", "/consumers/", body.dump().substr(0, body.dump().size() - 2));
  BOOST_TEST(cut_off.status == 422);
  BOOST_TEST(cut_off.body.find(secret) == std::string::npos);
  BOOST_TEST(process().log().find(secret) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_put_is_checked_like_a_post_without_required_fields) {
  const auto path = path_of(created(body));
  BOOST_TEST(put(path, json::object()).status == 200);
  const auto rejected = put(path, {{"broker_port", "9092"}, {"surprise", 1}});
  BOOST_TEST(rejected.status == 422);
  const auto mistakes = rejected.content().at("detail");
  BOOST_TEST(mistakes.size() == 2U);
  BOOST_TEST(mistake_at(mistakes, {"body", "broker_port"}).at("type") == "int_type");
  BOOST_TEST(mistake_at(mistakes, {"body", "surprise"}).at("type") == "extra_forbidden");
}

BOOST_AUTO_TEST_CASE(query_parameters_of_the_list_are_checked_with_their_location) {
  for (const auto* const name : {"status", "limit", "offset"}) {
    const auto rejected = get(std::string("/consumers?") + name + "=wrong");
    BOOST_TEST(rejected.status == 422);
    BOOST_TEST(rejected.content().at("detail").at(0).at("loc") == json({"query", name}));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::validation_test
