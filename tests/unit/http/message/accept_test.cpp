#include "http/message/accept.hpp"

#include <boost/test/unit_test.hpp>

using kfs::quality_of;

BOOST_AUTO_TEST_SUITE(accept)

BOOST_AUTO_TEST_CASE(without_a_header_everything_is_wanted) {
  BOOST_TEST(quality_of(std::nullopt, "application/json") == 1'000);
  BOOST_TEST(quality_of(" ", "application/json") == 1'000);
}

BOOST_AUTO_TEST_CASE(what_no_range_names_is_not_wanted) {
  BOOST_TEST(quality_of("text/html", "text/event-stream") == 0);
  BOOST_TEST(quality_of("text/event-streams, atext/event-stream", "text/event-stream") == 0);
}

BOOST_AUTO_TEST_CASE(the_weight_is_that_of_the_range_in_thousandths) {
  BOOST_TEST(quality_of("text/event-stream", "text/event-stream") == 1'000);
  BOOST_TEST(quality_of("text/html, text/event-stream;q=0.25", "text/event-stream") == 250);
  BOOST_TEST(quality_of("text/event-stream; charset=utf-8 ; Q=0.5", "text/event-stream") == 500);
  BOOST_TEST(quality_of("text/event-stream;q=0", "text/event-stream") == 0);
  BOOST_TEST(quality_of("text/event-stream;q=0.000", "text/event-stream") == 0);
  BOOST_TEST(quality_of("text/event-stream;q=1.000", "text/event-stream") == 1'000);
}

BOOST_AUTO_TEST_CASE(a_weight_that_is_none_counts_as_a_whole_one) {
  for (const auto* const weight : {"", "x", "-1", "2", "1.9"})
    BOOST_TEST(quality_of(std::string("text/event-stream;q=") + weight, "text/event-stream") == 1'000, weight);
}

BOOST_AUTO_TEST_CASE(the_most_precise_range_decides_wherever_it_stands) {
  const std::string all = "*/*;q=0.1, text/event-stream;q=0.3, text/*;q=0.2";
  BOOST_TEST(quality_of(all, "text/event-stream") == 300);
  BOOST_TEST(quality_of(all, "text/html") == 200);
  BOOST_TEST(quality_of(all, "application/json") == 100);
}

BOOST_AUTO_TEST_CASE(case_does_not_matter) {
  BOOST_TEST(quality_of("Text/Event-Stream", "text/event-stream") == 1'000);
}

BOOST_AUTO_TEST_SUITE_END()
