#include "http/message/json_body.hpp"

#include <boost/test/unit_test.hpp>

#include "http/message/error_mapping.hpp"

namespace kfs::json_body_test {

BOOST_AUTO_TEST_SUITE(json_body)

namespace {

/// Type and location of the mistake in a text, or "none".
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

/// The status that rejects the body of a request; 0 when it is accepted.
int rejection(const http_request& request) {
  const auto body = read_json_body(request);
  return body ? 0 : body.error().status;
}

}  // namespace

BOOST_AUTO_TEST_CASE(values_keep_their_text_and_order) {
  const std::string text = R"({"z":[1,-2,1.5,true,null,{}],"a":{"b":"ü"}})";
  BOOST_TEST(parse_json(text)->dump() == text);
}

BOOST_AUTO_TEST_CASE(malformed_json_names_the_position) {
  BOOST_TEST(mistake("{\"a\":}") == "json_invalid [\"body\",5]");
  BOOST_TEST(mistake("not json").starts_with("json_invalid"));
  BOOST_TEST(mistake("{} {}").starts_with("json_invalid"));
  BOOST_TEST(mistake("NaN").starts_with("json_invalid"));
}

BOOST_AUTO_TEST_CASE(a_number_that_no_double_can_hold_is_too_large_at_its_location) {
  for (const auto& number : {std::string("1e400"), std::string("-1e400"), std::string(400, '9')}) {
    const auto parsed = parse_json(R"({"a":[1,)" + number + "]}");
    BOOST_REQUIRE(!parsed.has_value());
    BOOST_TEST(parsed.error().loc == json::parse(R"(["body","a",1])"));
    BOOST_TEST(parsed.error().msg.find("too large") != std::string::npos, parsed.error().msg);
  }
}

BOOST_AUTO_TEST_CASE(invalid_utf8_is_malformed) {
  BOOST_TEST(mistake("{\"a\":\"\xff\"}").starts_with("json_invalid"));
}

BOOST_AUTO_TEST_CASE(a_duplicate_key_is_rejected_with_its_location) {
  BOOST_TEST(mistake(R"({"a":[{},{"b":1,"b":2}]})") == R"(value_error ["body","a",1,"b"])");
}

BOOST_AUTO_TEST_CASE(nesting_is_limited) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  BOOST_TEST(mistake(nested(64)) == "none");
  BOOST_TEST(mistake(nested(65)).starts_with("value_error"));
  BOOST_TEST(mistake(std::string(1'000'000, '[')).starts_with("value_error"));
}

BOOST_AUTO_TEST_CASE(the_numbers_of_values_and_members_are_limited) {
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
  BOOST_TEST(rejection(post(std::string(1024 * 1024 + 1, ' '))) == 413);
}

BOOST_AUTO_TEST_CASE(only_a_declared_type_other_than_json_is_rejected) {
  BOOST_TEST(rejection(post("{}")) == 0);
  for (const auto* json_type : {"application/json", "Application/JSON; charset=UTF-8", "application/merge-patch+json",
                                "application/json;charset=\"utf-8\""}) {
    BOOST_TEST(rejection(post("{}", json_type)) == 0);
  }
  for (const auto* other :
       {"text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", ""}) {
    BOOST_TEST(rejection(post("{}", other)) == 415);
  }
}

BOOST_AUTO_TEST_CASE(a_compressed_body_is_rejected) {
  auto request = post("{}");
  request.content_encoding = "gzip";
  BOOST_TEST(rejection(request) == 415);
  request.content_encoding = "identity";
  BOOST_TEST(rejection(request) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::json_body_test
