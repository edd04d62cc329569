#include <boost/test/unit_test.hpp>

#include "config/schema/option_schema.hpp"

namespace kfs::option_schema_test {

using kfs::json;
using kfs::object_schema;
using kfs::option;
using kfs::value_kind;
using kfs::violation;

namespace {

std::shared_ptr<const option> element(option declared) {
  return std::make_shared<option>(std::move(declared));
}

/// One option of each sort.
object_schema sample() {
  auto inner = std::make_shared<object_schema>(
      "inner", "Something inside.",
      std::vector<option>{{.name = "token", .secret = true},
                          {.name = "depth", .kind = value_kind::integer, .minimum = 1, .maximum = 9}});
  return {"sample",
          "Something to test with.",
          {{.name = "name", .summary = "A name.", .required = true, .min_length = 1, .max_length = 5},
           {.name = "port", .kind = value_kind::integer, .required = true, .minimum = 1, .maximum = 65535},
           {.name = "ratio", .kind = value_kind::integer, .nullable = true, .minimum = 0},
           {.name = "on", .kind = value_kind::boolean, .default_value = true},
           {.name = "mode", .example = "a", .one_of = {"a", "b", "c"}},
           {.name = "url",
            .pattern = "^[^ ]*$",
            .check = [](const json& value) -> std::optional<std::string> {
              if (value.get<std::string>().find(' ') == std::string::npos) return std::nullopt;
              return "must not hold spaces";
            }},
           {.name = "key", .secret = true, .min_length = 16},
           {.name = "list",
            .kind = value_kind::array,
            .min_length = 1,
            .max_length = 2,
            .items = element({.name = "number", .kind = value_kind::integer})},
           {.name = "headers", .kind = value_kind::object, .secret = true, .max_length = 2, .items = element({})},
           {.name = "inner", .kind = value_kind::object, .object = inner}},
          {"created_at"}};
}

json valid() {
  return {{"name", "x"}, {"port", 1}};
}

std::vector<violation> mistakes_of(const json& input) {
  std::vector<violation> found;
  sample().validate(input, json::array({"body"}), found);
  return found;
}

/// The only mistake of a valid object in which `name` has this value.
violation mistake_of(const std::string& name, const json& value) {
  auto input = valid();
  input[name] = value;
  const auto found = mistakes_of(input);
  BOOST_REQUIRE_EQUAL(found.size(), 1U);
  return found.front();
}

void expect(const violation& found, const std::string& type, const std::string& msg) {
  BOOST_TEST(found.type == type);
  BOOST_TEST(found.msg == msg);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(option_schema)

BOOST_AUTO_TEST_CASE(a_valid_object_has_no_mistakes) {
  const json input = {{"name", "x"},
                      {"port", 65535},
                      {"ratio", nullptr},
                      {"on", false},
                      {"mode", "c"},
                      {"url", "a"},
                      {"key", "0123456789abcdef"},
                      {"list", {1, -2}},
                      {"headers", {{"a", "b"}}},
                      {"inner", {{"token", "t"}, {"depth", 9}}},
                      {"created_at", 7}};
  BOOST_TEST(mistakes_of(input).empty());
}

BOOST_AUTO_TEST_CASE(mistakes_have_the_types_and_words_of_pydantic) {
  expect(mistake_of("name", 1), "string_type", "Input should be a valid string");
  expect(mistake_of("name", ""), "string_too_short", "String should have at least 1 character");
  expect(mistake_of("name", "123456"), "string_too_long", "String should have at most 5 characters");
  expect(mistake_of("port", "9092"), "int_type", "Input should be a valid integer");
  expect(mistake_of("port", 0), "greater_than_equal", "Input should be greater than or equal to 1");
  expect(mistake_of("port", 65536), "less_than_equal", "Input should be less than or equal to 65535");
  expect(mistake_of("ratio", "1"), "int_type", "Input should be a valid integer");
  expect(mistake_of("ratio", -1), "greater_than_equal", "Input should be greater than or equal to 0");
  expect(mistake_of("on", "yes"), "bool_type", "Input should be a valid boolean");
  expect(mistake_of("mode", "d"), "literal_error", "Input should be 'a', 'b' or 'c'");
  expect(mistake_of("url", "a b"), "value_error", "Value error, must not hold spaces");
  expect(mistake_of("list", json::object()), "list_type", "Input should be a valid list");
  expect(mistake_of("list", json::array()), "too_short", "List should have at least 1 item after validation, not 0");
  expect(mistake_of("list", {1, 2, 3}), "too_long", "List should have at most 2 items after validation, not 3");
  expect(mistake_of("headers", 1), "dict_type", "Input should be a valid dictionary");
  expect(mistake_of("inner", json::array()), "dict_type", "Input should be a valid dictionary");
  expect(mistake_of("other", 1), "extra_forbidden", "Extra inputs are not permitted");
  expect(mistakes_of(json::array()).at(0), "model_attributes_type",
         "Input should be a valid dictionary or object to extract fields from");
}

BOOST_AUTO_TEST_CASE(json_types_are_never_converted) {
  for (const json& value : {json(1.0), json(true), json(nullptr), json("1"), json::parse("1e3")}) {
    expect(mistake_of("port", value), "int_type", "Input should be a valid integer");
  }
  for (const json& value : {json(0), json(1), json("true"), json(nullptr)}) {
    expect(mistake_of("on", value), "bool_type", "Input should be a valid boolean");
  }
}

BOOST_AUTO_TEST_CASE(an_integer_without_room_in_64_bits_is_too_large_or_too_small) {
  for (const auto* value : {"9223372036854775808", "18446744073709551616", "99999999999999999999999999", "1e30"}) {
    const auto found = mistake_of("port", json::parse(value));
    BOOST_TEST(found.type == "less_than_equal");
    BOOST_TEST(found.msg.starts_with("Input is too large: it should be less than or equal to "), found.msg);
  }
  for (const auto* value : {"-9223372036854775809", "-1e30"}) {
    const auto found = mistake_of("port", json::parse(value));
    BOOST_TEST(found.type == "greater_than_equal");
    BOOST_TEST(found.msg.starts_with("Input is too small: it should be greater than or equal to "), found.msg);
  }
}

BOOST_AUTO_TEST_CASE(all_mistakes_are_told_at_once_in_the_order_of_the_declaration) {
  const auto found = mistakes_of({{"zz", 1}, {"inner", {{"depth", 0}, {"nope", 1}}}, {"list", {1, "x"}}, {"port", 0}});
  std::vector<std::string> places;
  for (const auto& each : found) places.push_back(each.loc.dump() + each.type);
  const std::vector<std::string> expected = {R"(["body","name"]missing)",
                                             R"(["body","port"]greater_than_equal)",
                                             R"(["body","list",1]int_type)",
                                             R"(["body","inner","depth"]greater_than_equal)",
                                             R"(["body","inner","nope"]extra_forbidden)",
                                             R"(["body","zz"]extra_forbidden)"};
  BOOST_TEST(places == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_input_of_a_mistake_repeats_scalars_only) {
  BOOST_TEST(mistake_of("port", "9092").input == json("9092"));
  BOOST_TEST(mistake_of("port", 0).input == json(0));
  BOOST_TEST(mistake_of("name", {1, 2}).input == json(nullptr));
  BOOST_TEST(mistake_of("other", "value").input == json(nullptr));
  BOOST_TEST(mistakes_of("a secret body").at(0).input == json(nullptr));
}

BOOST_AUTO_TEST_CASE(the_input_of_a_mistake_repeats_no_secret) {
  BOOST_TEST(mistake_of("key", "too short").input == json(nullptr));
  BOOST_TEST(mistake_of("key", 123456).input == json(nullptr));
  BOOST_TEST(mistake_of("headers", {{"Authorization", 7}}).input == json(nullptr));
  BOOST_TEST(mistake_of("name", "http://u:secret@h").input == json("http://u:********@h"));
  for (const char* url :
       {"https://sk-live-abc@api.example/", "http://u%3Apw@h", "postgresql://key@127.0.0.1?x", "x://a@b"})
    BOOST_TEST(mistake_of("name", url).input.is_null(), url);
  BOOST_TEST(mistake_of("name", "http://h/a@b").input == json("http://h/a@b"));
}

BOOST_AUTO_TEST_CASE(a_long_input_is_cut_between_two_characters) {
  const auto echoed = mistake_of("name", std::string(199, 'x') + "\xC3\xA9").input.get<std::string>();
  BOOST_TEST(echoed == std::string(199, 'x'));
  const auto place = mistake_of(std::string(1000, 'n'), 1).loc.back().get<std::string>();
  BOOST_TEST(place.size() == 200U);
}

BOOST_AUTO_TEST_CASE(a_body_full_of_mistakes_has_a_bounded_answer) {
  auto input = valid();
  for (int i = 0; i < 3'000; ++i) input["unknown" + std::to_string(i)] = i;
  BOOST_TEST(mistakes_of(input).size() == 1'000U);
}

BOOST_AUTO_TEST_CASE(cleaning_drops_read_only_names_and_nulls_and_keeps_the_order) {
  const json input = {{"port", 1}, {"created_at", "x"}, {"ratio", nullptr}, {"name", "x"}};
  BOOST_TEST(sample().cleaned(input).dump() == R"({"port":1,"name":"x"})");
}

BOOST_AUTO_TEST_CASE(secrets_and_passwords_in_urls_are_masked_at_every_depth) {
  const json stored = {{"key", "0123456789abcdef"},
                       {"url", "http://u:p@h/"},
                       {"headers", {{"Authorization", "Bearer x"}}},
                       {"inner", {{"token", "t"}, {"depth", 1}}}};
  BOOST_TEST(sample().masked(stored).dump() ==
             R"({"key":"********","url":"http://u:********@h/","headers":{"Authorization":"********"},)"
             R"("inner":{"token":"********","depth":1}})");
}

BOOST_AUTO_TEST_CASE(an_option_that_this_version_does_not_know_is_masked) {
  BOOST_TEST(sample().masked({{"from_the_future", "x"}}).dump() == R"({"from_the_future":"********"})");
}

BOOST_AUTO_TEST_CASE(what_was_masked_can_be_edited_and_sent_back) {
  const json stored = {{"name", "a"},
                       {"key", "0123456789abcdef"},
                       {"url", "http://u:p@h/"},
                       {"headers", {{"Authorization", "Bearer x"}, {"Y", "z"}}},
                       {"inner", {{"token", "t"}}}};
  auto edited = sample().masked(stored);
  edited["name"] = "b";
  edited["headers"]["Y"] = "new";
  const auto restored = sample().unmasked(edited, stored);
  BOOST_TEST(restored.dump() == R"({"name":"b","key":"0123456789abcdef","url":"http://u:p@h/",)"
                                R"("headers":{"Authorization":"Bearer x","Y":"new"},"inner":{"token":"t"}})");
  std::vector<violation> found;
  sample().reject_masks(restored, json::array({"body"}), found);
  BOOST_TEST(found.empty());
}

BOOST_AUTO_TEST_CASE(a_mask_passes_the_checks_of_the_secret_that_it_stands_for) {
  auto input = valid();
  input["key"] = "********";
  BOOST_TEST(mistakes_of(input).empty());
}

BOOST_AUTO_TEST_CASE(a_mask_that_stands_for_nothing_is_rejected) {
  const json stored = {{"url", "http://u:p@h/"}};
  const json sent = {{"name", "********"},
                     {"url", "http://u:********@elsewhere/"},
                     {"key", "********"},
                     {"headers", {{"Authorization", "********"}}},
                     {"inner", {{"token", "********"}}}};
  std::vector<violation> found;
  sample().reject_masks(sample().unmasked(sent, stored), json::array({"body"}), found);
  std::vector<std::string> places;
  for (const auto& each : found) {
    places.push_back(each.loc.dump());
    BOOST_TEST(each.type == "value_error");
    BOOST_TEST(each.msg.starts_with("Value error, send the secret itself: "));
    BOOST_TEST(each.input == json(nullptr));
  }
  const std::vector<std::string> expected = {R"(["body","url"])", R"(["body","key"])",
                                             R"(["body","headers","Authorization"])", R"(["body","inner","token"])"};
  BOOST_TEST(places == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(input_of_any_shape_can_be_unmasked_before_it_is_validated) {
  const json stored = {{"list", {1}}, {"headers", {{"a", "b"}}}, {"inner", {{"token", "t"}}}};
  for (const json& sent : {json(1), json::array({1}), json{{"list", "x"}, {"headers", {1}}, {"inner", 3}}}) {
    BOOST_TEST(sample().unmasked(sent, stored) == sent);
    std::vector<violation> found;
    sample().reject_masks(sent, json::array(), found);
    BOOST_TEST(found.empty());
  }
}

BOOST_AUTO_TEST_CASE(the_json_schema_says_what_validation_does) {
  const auto schema = sample().json_schema();
  BOOST_TEST(schema["title"] == json("sample"));
  BOOST_TEST(schema["type"] == json("object"));
  BOOST_TEST(schema["additionalProperties"] == json(false));
  BOOST_TEST(schema["required"].dump() == R"(["name","port"])");
  const auto& properties = schema["properties"];
  BOOST_TEST(properties["name"].dump() == R"({"type":"string","description":"A name.","minLength":1,"maxLength":5})");
  BOOST_TEST(properties["port"].dump() == R"({"type":"integer","minimum":1,"maximum":65535})");
  BOOST_TEST(properties["ratio"].dump() == R"({"type":["integer","null"],"minimum":0})");
  BOOST_TEST(properties["on"].dump() == R"({"type":"boolean","default":true})");
  BOOST_TEST(properties["mode"].dump() == R"({"type":"string","enum":["a","b","c"],"examples":["a"]})");
  BOOST_TEST(properties["url"].dump() == R"({"type":"string","pattern":"^[^ ]*$"})");
  BOOST_TEST(properties["key"].dump() == R"({"type":"string","minLength":16,"writeOnly":true})");
  BOOST_TEST(properties["list"].dump() == R"({"type":"array","minItems":1,"maxItems":2,"items":{"type":"integer"}})");
  BOOST_TEST(properties["headers"]["additionalProperties"].dump() == R"({"type":"string"})");
  BOOST_TEST(properties["inner"]["properties"]["depth"]["maximum"] == json(9));
  BOOST_TEST(properties["inner"]["additionalProperties"] == json(false));
  BOOST_TEST(properties["created_at"].dump() == R"({"readOnly":true})");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::option_schema_test
