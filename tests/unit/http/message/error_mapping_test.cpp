#include "http/message/error_mapping.hpp"

#include <boost/test/unit_test.hpp>

#include "http/message/preconditions.hpp"

namespace kfs::error_mapping_test {

BOOST_AUTO_TEST_SUITE(error_mapping)

namespace {

int status(ec code) {
  return to_response(error{code, "what happened"}).status;
}

bool has_header(const http_response& response, const std::string& name, const std::string& value) {
  for (const auto& header : response.headers) {
    if (header.first == name) return header.second == value;
  }
  return false;
}

std::string rendered(http_response response, bool as_problem = false) {
  render_error(response, as_problem, "/consumers/x");
  return response.body;
}

bool matches(const std::string& if_match) {
  return check_if_match(if_match, revision{3}, "Consumer x").has_value();
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_error_has_its_status) {
  BOOST_TEST(status(ec::not_found) == 404);
  BOOST_TEST(status(ec::already_exists) == 409);
  BOOST_TEST(status(ec::cannot_apply) == 409);
  BOOST_TEST(status(ec::stale_revision) == 412);
  BOOST_TEST(status(ec::broker_unreachable) == 502);
  BOOST_TEST(status(ec::broker_silent) == 504);
  BOOST_TEST(status(ec::actor_died) == 500);
}

BOOST_AUTO_TEST_CASE(an_error_that_may_pass_says_when_to_retry) {
  for (const auto code : {ec::store_unavailable, ec::overloaded, ec::timed_out, ec::shutting_down}) {
    const auto response = to_response(error{code, "later"});
    BOOST_TEST(response.status == 503);
    BOOST_TEST(has_header(response, "Retry-After", "1"));
  }
}

BOOST_AUTO_TEST_CASE(the_message_of_an_internal_error_is_not_sent) {
  BOOST_TEST(rendered(to_response(error{ec::internal, "pointer 0x1"})) == R"({"detail":"Internal Server Error"})");
}

BOOST_AUTO_TEST_CASE(an_error_is_a_detail_unless_problem_details_are_asked_for) {
  const auto response = to_response(error{ec::not_found, "Consumer x not found"});
  BOOST_TEST(rendered(response) == R"({"detail":"Consumer x not found"})");
  BOOST_TEST(rendered(response, true) ==
             R"({"type":"about:blank","title":"Not Found","status":404,"detail":"Consumer x not found",)"
             R"("instance":"/consumers/x"})");
}

BOOST_AUTO_TEST_CASE(problem_details_have_a_sentence_and_the_list_of_mistakes) {
  const std::vector<violation> mistakes{{"missing", json::array({"body", "topic"}), "Field required", nullptr}};
  const auto problem = json::parse(rendered(to_response(mistakes), true));
  BOOST_TEST(problem["detail"] == "The request has 1 mistake: body.topic: Field required");
  BOOST_TEST(problem["errors"].size() == 1);
}

BOOST_AUTO_TEST_CASE(only_a_client_that_names_problem_details_receives_them) {
  BOOST_TEST(wants_problem_details("application/json, Application/Problem+JSON;q=0.9"));
  BOOST_TEST(!wants_problem_details("*/*"));
  BOOST_TEST(!wants_problem_details("application/problem+json;q=0"));
  BOOST_TEST(!wants_problem_details(std::nullopt));
}

BOOST_AUTO_TEST_CASE(many_mistakes_and_large_inputs_are_cut) {
  const violation mistake{"int_type", json::array({"body", std::string(10'000, 'k')}), "wrong",
                          std::string(10'000, 'v')};
  const auto response = to_response(std::vector<violation>(5'000, mistake));
  BOOST_TEST(response.detail->size() == 100);
  BOOST_TEST(rendered(response).size() < 200'000);
}

BOOST_AUTO_TEST_CASE(an_input_that_may_hold_a_secret_is_not_sent_back_whoever_found_the_mistake) {
  const auto sent = [](json input) {
    return json::parse(rendered(to_response(std::vector<violation>{
        {"value_error", json::array({"body", "x"}), "wrong", std::move(input)}})))["detail"][0]["input"];
  };
  for (const json& input : {json("u:SECRETx@host"), json("https://token@host/"), json("my password is x"),
                            json{{"key", "SECRETx"}}, json::array({"SECRETx"}), json::array({json::array({1})})})
    BOOST_TEST(sent(input).is_null(), input.dump());
  BOOST_TEST(sent("host:9092") == "host:9092");
  BOOST_TEST(sent(7) == 7);
  BOOST_TEST(sent(json::array({1, 2})) == json::array({1, 2}));
}

BOOST_AUTO_TEST_CASE(hostile_bytes_in_a_message_leave_valid_json) {
  BOOST_TEST(json::accept(rendered(to_response(error{ec::not_found, "\xff\"\n\x01"}))));
}

BOOST_AUTO_TEST_CASE(an_unknown_method_is_answered_with_the_known_ones) {
  BOOST_TEST(has_header(method_not_allowed({"GET", "HEAD"}), "Allow", "GET, HEAD"));
}

BOOST_AUTO_TEST_CASE(if_match_passes_for_the_current_tag_alone_or_in_a_list_and_for_a_star) {
  for (const auto* value : {"\"3\"", "*", " \"1\" , \"3\" "}) BOOST_TEST(matches(value));
}

BOOST_AUTO_TEST_CASE(if_match_fails_for_other_weak_and_malformed_tags) {
  for (const auto* value : {"\"2\"", "W/\"3\"", "3", "", "\"3", "\"3\",", "\"3\" \"4\"", "\"03\""}) {
    BOOST_TEST(!matches(value));
  }
}

BOOST_AUTO_TEST_CASE(no_if_match_always_passes) {
  BOOST_TEST(check_if_match(std::nullopt, revision{3}, "Consumer x").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::error_mapping_test
