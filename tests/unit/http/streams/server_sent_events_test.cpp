#include "http/streams/server_sent_events.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::server_sent_events_test {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(server_sent_events)

BOOST_AUTO_TEST_CASE(an_event_has_id_name_data_and_an_empty_line) {
  BOOST_TEST(sse_event("42", "failed", R"({"a":1})") == "id: 42\nevent: failed\ndata: {\"a\":1}\n\n");
}

BOOST_AUTO_TEST_CASE(each_line_of_the_data_is_its_own_field) {
  BOOST_TEST(sse_event("1", "x", "a\nb\r\nc\rd") == "id: 1\nevent: x\ndata: a\ndata: b\ndata: c\ndata: d\n\n");
  BOOST_TEST(sse_event("1", "x", "a\n") == "id: 1\nevent: x\ndata: a\ndata: \n\n");
  BOOST_TEST(sse_event("1", "x", "") == "id: 1\nevent: x\ndata: \n\n");
}

BOOST_AUTO_TEST_CASE(the_reconnect_delay_is_in_milliseconds) {
  BOOST_TEST(sse_retry(2s) == "retry: 2000\n\n");
}

BOOST_AUTO_TEST_CASE(a_heart_beat_is_a_comment) {
  BOOST_TEST(sse_heart_beat().starts_with(':'));
  BOOST_TEST(sse_heart_beat().ends_with("\n\n"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::server_sent_events_test
