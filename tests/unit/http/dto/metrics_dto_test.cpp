#include "http/dto/metrics_dto.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::metrics_dto_test {

namespace {

bool asks_for_open_metrics(const std::string& accept) {
  return wanted_exposition(accept) == exposition_format::open_metrics;
}

const std::string of_two_consumers =
    "# HELP lag Lag.\n# TYPE lag gauge\nlag{consumer_group=\"g\",consumer_id=\"a\"} 1\nlag{consumer_id=\"b\"} 2\n"
    "# HELP up Up.\n# TYPE up gauge\nup 1\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(metrics_dto)

BOOST_AUTO_TEST_CASE(a_client_that_names_no_open_metrics_gets_the_classic_format) {
  BOOST_TEST((wanted_exposition(std::nullopt) == exposition_format::classic));
  BOOST_TEST(!asks_for_open_metrics(""));
  BOOST_TEST(!asks_for_open_metrics("*/*"));
  BOOST_TEST(!asks_for_open_metrics("text/plain;version=0.0.4"));
  BOOST_TEST(!asks_for_open_metrics("application/*"));
}

BOOST_AUTO_TEST_CASE(a_client_that_prefers_open_metrics_gets_it) {
  BOOST_TEST(asks_for_open_metrics("application/openmetrics-text"));
  BOOST_TEST(asks_for_open_metrics("application/openmetrics-text; version=\"1.0.0\", text/plain"));
  BOOST_TEST(
      asks_for_open_metrics("application/openmetrics-text;version=1.0.0,"
                            "application/openmetrics-text;version=0.0.1;q=0.75,"
                            "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"));
}

BOOST_AUTO_TEST_CASE(another_version_or_a_lower_weight_does_not_get_open_metrics) {
  BOOST_TEST(!asks_for_open_metrics("application/openmetrics-text;version=2.0.0"));
  BOOST_TEST(!asks_for_open_metrics("application/openmetrics-text;version=0.0.1"));
  BOOST_TEST(!asks_for_open_metrics("application/openmetrics-text;version=1.0.0;q=0"));
  BOOST_TEST(!asks_for_open_metrics("application/openmetrics-text;version=1.0.0;q=0.4,text/plain;q=0.5"));
}

BOOST_AUTO_TEST_CASE(series_of_other_consumers_and_of_none_are_left_out) {
  BOOST_TEST(series_of_consumers(of_two_consumers, {"a"}) ==
             "# HELP lag Lag.\n# TYPE lag gauge\nlag{consumer_group=\"g\",consumer_id=\"a\"} 1\n");
  BOOST_TEST(series_of_consumers(of_two_consumers, {}).empty());
}

BOOST_AUTO_TEST_CASE(the_end_of_open_metrics_stays) {
  BOOST_TEST(series_of_consumers(of_two_consumers + "# EOF\n", {"b"}) ==
             "# HELP lag Lag.\n# TYPE lag gauge\nlag{consumer_id=\"b\"} 2\n# EOF\n");
  BOOST_TEST(series_of_consumers(of_two_consumers + "# EOF\n", {}) == "# EOF\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::metrics_dto_test
