#include "http/message/query_parameters.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::query_parameters_test {

BOOST_AUTO_TEST_SUITE(query_parameters)

namespace {

http_request with_query(name_value_pairs query) {
  http_request request;
  request.query = std::move(query);
  return request;
}

/// The type of the mistake in an integer that must be 1 to 10, or "none".
std::string integer_mistake(const std::string& value) {
  const auto request = with_query({{"limit", value}});
  kfs::query_parameters query(request);
  query.integer("limit", 1, 10);
  return query.mistakes().empty() ? "none" : query.mistakes().front().type;
}

}  // namespace

BOOST_AUTO_TEST_CASE(integers_are_read_and_bounded_as_fastapi_does) {
  BOOST_TEST(integer_mistake("10") == "none");
  BOOST_TEST(integer_mistake("+1") == "none");
  BOOST_TEST(integer_mistake("0") == "greater_than_equal");
  BOOST_TEST(integer_mistake("-99999999999999999999") == "greater_than_equal");
  BOOST_TEST(integer_mistake("99999999999999999999") == "less_than_equal");
  for (const auto* text : {"", "x", "1.5", "1e3", "-", "--1", " 1"}) BOOST_TEST(integer_mistake(text) == "int_parsing");
}

BOOST_AUTO_TEST_CASE(booleans_are_the_words_of_fastapi_in_any_case) {
  const auto request = with_query({{"a", "TRUE"}, {"b", "off"}, {"c", "maybe"}});
  kfs::query_parameters query(request);
  BOOST_TEST(query.boolean("a").value());
  BOOST_TEST(!query.boolean("b").value());
  BOOST_TEST(!query.boolean("absent").has_value());
  BOOST_TEST(query.mistakes().empty());
  query.boolean("c");
  BOOST_TEST(query.mistakes().front().type == "bool_parsing");
  BOOST_TEST(query.mistakes().front().loc.dump() == R"(["query","c"])");
}

BOOST_AUTO_TEST_CASE(a_required_parameter_that_is_absent_is_missing) {
  const auto request = with_query({{"empty", ""}});
  kfs::query_parameters query(request);
  query.required_text("group_id", 10);
  query.required_text("empty", 10);
  BOOST_TEST(query.mistakes().at(0).type == "missing");
  BOOST_TEST(query.mistakes().at(1).type == "string_too_short");
}

BOOST_AUTO_TEST_CASE(the_last_value_of_a_repeated_parameter_counts) {
  const auto request = with_query({{"topic", "a"}, {"topic", "b"}});
  BOOST_TEST(kfs::query_parameters(request).text("topic").value() == "b");
}

BOOST_AUTO_TEST_CASE(an_unknown_word_is_a_literal_error) {
  const auto request = with_query({{"status", "active"}});
  kfs::query_parameters query(request);
  query.one_of("status", {"ACTIVE", "ERROR"});
  BOOST_TEST(query.mistakes().front().type == "literal_error");
  BOOST_TEST(query.mistakes().front().input == "active");
}

BOOST_AUTO_TEST_CASE(a_route_may_refuse_what_it_does_not_know_and_what_is_repeated) {
  const auto mistakes = [](name_value_pairs given) {
    const auto request = with_query(std::move(given));
    kfs::query_parameters query(request);
    query.allow_only({"dry_run"});
    return query.mistakes().size();
  };
  BOOST_TEST(mistakes({}) == 0U);
  BOOST_TEST(mistakes({{"dry_run", "true"}}) == 0U);
  BOOST_TEST(mistakes({{"dryrun", "true"}}) == 1U);
  BOOST_TEST(mistakes({{"DRY_RUN", "true"}, {"dry_run", "true"}}) == 1U);
  BOOST_TEST(mistakes({{"dry_run", "true"}, {"dry_run", "false"}}) == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::query_parameters_test
