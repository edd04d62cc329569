#include "http/message/json_body.hpp"

#include <boost/test/unit_test.hpp>

#include "http/message/error_mapping.hpp"

using namespace kfs;

BOOST_AUTO_TEST_SUITE(json_body)

namespace {

std::string mistake(std::string_view text) {
  const auto parsed = parse_json(text);
  return parsed ? "none" : parsed.error().type + " " + parsed.error().loc.dump();
}

http_request post(std::string body, std::optional<std::string> content_type = std::nullopt) {
  http_request request;
  request.method = "POST";
  request.body = std::move(body);
  request.content_type = std::move(content_type);
  return request;
}

int refusal(const http_request& request) {
  const auto body = read_json_body(request);
  return body ? 0 : body.error().status;
}

}  // namespace

BOOST_AUTO_TEST_CASE(values_come_out_as_they_were_written_and_in_order) {
  const std::string text = R"({"z":[1,-2,1.5,true,null,{}],"a":{"b":"ü"}})";
  BOOST_TEST(parse_json(text)->dump() == text);
}

BOOST_AUTO_TEST_CASE(malformed_json_names_the_byte) {
  BOOST_TEST(mistake("{\"a\":}") == "json_invalid [\"body\",5]");
  BOOST_TEST(mistake("not json").starts_with("json_invalid"));
  BOOST_TEST(mistake("{} {}").starts_with("json_invalid"));
  BOOST_TEST(mistake("NaN").starts_with("json_invalid"));
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_utf8_are_malformed) {
  BOOST_TEST(mistake("{\"a\":\"\xff\"}").starts_with("json_invalid"));
}

BOOST_AUTO_TEST_CASE(a_key_given_twice_is_refused_where_it_is) {
  BOOST_TEST(mistake(R"({"a":[{},{"b":1,"b":2}]})") == R"(value_error ["body","a",1,"b"])");
}

BOOST_AUTO_TEST_CASE(nesting_has_a_limit) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  BOOST_TEST(mistake(nested(64)) == "none");
  BOOST_TEST(mistake(nested(65)).starts_with("value_error"));
  BOOST_TEST(mistake(std::string(1'000'000, '[')).starts_with("value_error"));
}

BOOST_AUTO_TEST_CASE(the_number_of_values_and_of_members_has_a_limit) {
  const json_limits limits{.depth = 4, .members = 2, .values = 4};
  BOOST_TEST(parse_json("[1,2,3]", limits).has_value());
  BOOST_TEST(parse_json("[1,2,3,4]", limits).error().type == "too_long");
  BOOST_TEST(parse_json(R"({"a":1,"b":2,"c":3})", limits).error().type == "too_long");
}

BOOST_AUTO_TEST_CASE(an_empty_body_is_a_missing_body) {
  const auto body = read_json_body(post(""));
  BOOST_TEST(body.error().status == 422);
  BOOST_TEST((*body.error().detail)[0]["type"] == "missing");
  BOOST_TEST((*body.error().detail)[0]["loc"].dump() == R"(["body"])");
}

BOOST_AUTO_TEST_CASE(a_body_above_one_mebibyte_is_too_large) {
  BOOST_TEST(refusal(post(std::string(1024 * 1024 + 1, ' '))) == 413);
}

BOOST_AUTO_TEST_CASE(only_a_declared_type_other_than_json_is_refused) {
  BOOST_TEST(refusal(post("{}")) == 0);
  for (const auto* json_type : {"application/json", "Application/JSON; charset=UTF-8", "application/merge-patch+json",
                                "application/json;charset=\"utf-8\""}) {
    BOOST_TEST(refusal(post("{}", json_type)) == 0);
  }
  for (const auto* other :
       {"text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", ""}) {
    BOOST_TEST(refusal(post("{}", other)) == 415);
  }
}

BOOST_AUTO_TEST_CASE(a_compressed_body_is_refused) {
  auto request = post("{}");
  request.content_encoding = "gzip";
  BOOST_TEST(refusal(request) == 415);
  request.content_encoding = "identity";
  BOOST_TEST(refusal(request) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
