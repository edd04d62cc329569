#include "http/message/accept.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::accept_test {

using kfs::names_media_type;
using kfs::prefers_media_type;

namespace {

constexpr auto stream = "text/event-stream";
constexpr auto json = "application/json";
constexpr auto problem = "application/problem+json";

/// Whether a client with this Accept header prefers a stream to JSON.
bool prefers_stream(const std::string& accept) {
  return prefers_media_type(accept, stream, json);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(accept)

BOOST_AUTO_TEST_CASE(without_a_header_no_type_is_preferred) {
  BOOST_TEST(!prefers_media_type(std::nullopt, stream, json));
  BOOST_TEST(!prefers_stream(" "));
}

BOOST_AUTO_TEST_CASE(a_type_that_no_range_matches_is_not_preferred) {
  BOOST_TEST(!prefers_stream("text/html"));
  BOOST_TEST(!prefers_stream("text/event-streams, atext/event-stream"));
}

BOOST_AUTO_TEST_CASE(a_greater_weight_is_preferred_and_an_equal_one_is_not) {
  BOOST_TEST(prefers_stream("text/event-stream"));
  BOOST_TEST(prefers_stream("text/html, text/event-stream;q=0.25"));
  BOOST_TEST(prefers_stream("application/json;q=0.49, text/event-stream; charset=utf-8 ; Q=0.5"));
  BOOST_TEST(!prefers_stream("application/json;q=0.5, text/event-stream; charset=utf-8 ; Q=0.5"));
  BOOST_TEST(!prefers_stream("application/json, text/event-stream;q=1.000"));
  BOOST_TEST(prefers_stream("application/json;q=0.999, text/event-stream;q=1.000"));
}

BOOST_AUTO_TEST_CASE(a_weight_of_zero_means_not_acceptable) {
  for (const auto* const weight : {"0", "0.", "0.000"})
    BOOST_TEST(!prefers_stream(std::string("text/event-stream;q=") + weight), weight);
}

BOOST_AUTO_TEST_CASE(a_malformed_weight_counts_as_one) {
  for (const auto* const weight : {"", "x", "-1", "2", "1.9"})
    BOOST_TEST(prefers_stream(std::string("application/json;q=0.999, text/event-stream;q=") + weight), weight);
}

BOOST_AUTO_TEST_CASE(the_most_specific_range_decides_wherever_it_stands) {
  const std::string all = "*/*;q=0.1, text/event-stream;q=0.3, text/*;q=0.2";
  BOOST_TEST(prefers_media_type(all, stream, "text/html"));
  BOOST_TEST(prefers_media_type(all, "text/html", json));
  BOOST_TEST(!prefers_media_type(all, json, "text/html"));
}

BOOST_AUTO_TEST_CASE(case_does_not_matter) {
  BOOST_TEST(prefers_stream("Text/Event-Stream"));
  BOOST_TEST(names_media_type("Application/Problem+JSON", problem));
}

BOOST_AUTO_TEST_CASE(a_type_is_named_only_by_itself) {
  BOOST_TEST(names_media_type("application/json, application/problem+json;q=0.9", problem));
  for (const auto* const header : {"*/*", "application/*", "application/problem+jsonx", "", " "})
    BOOST_TEST(!names_media_type(std::string(header), problem), header);
  BOOST_TEST(!names_media_type(std::nullopt, problem));
}

BOOST_AUTO_TEST_CASE(a_type_with_weight_zero_is_not_named) {
  BOOST_TEST(!names_media_type("application/problem+json;q=0", problem));
  BOOST_TEST(!names_media_type("application/problem+json; q=0.000", problem));
  BOOST_TEST(names_media_type("application/problem+json;q=0.001", problem));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::accept_test
