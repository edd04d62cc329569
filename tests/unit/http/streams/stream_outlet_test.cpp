#include "http/streams/stream_outlet.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/unit/http/streams/fake_stream_writer.hpp"

namespace kfs::stream_outlet_test {

namespace {

/// An outlet in which at most ten bytes may wait.
struct ten_bytes {
  kfs::stream_outlet outlet{10};
  std::shared_ptr<test::fake_stream_writer> client = std::make_shared<test::fake_stream_writer>();

  void start(std::string first = "") { outlet.start(client, std::move(first)); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(stream_outlet, ten_bytes)

BOOST_AUTO_TEST_CASE(bytes_written_before_start_follow_the_first_bytes) {
  outlet.write("b");
  outlet.write("c");
  start("a");
  BOOST_TEST(client->take() == "abc");
  outlet.write("d");
  BOOST_TEST(client->take() == "d");
}

BOOST_AUTO_TEST_CASE(a_client_that_reads_receives_any_amount) {
  start();
  for (int i = 0; i < 1'000; ++i) outlet.write("0123456789");
  BOOST_TEST(client->received.size() == 10'000U);
  BOOST_TEST(!client->was_cut);
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_is_cut_when_more_than_the_bound_waits) {
  start();
  client->reads = false;
  outlet.write("0123456789");
  BOOST_TEST(!client->was_cut);
  outlet.write("x");
  BOOST_TEST(client->was_cut);
  BOOST_TEST(client->take() == "0123456789");
  outlet.write("y");
  outlet.finish();
  BOOST_TEST(client->take().empty());
  BOOST_TEST(!client->finished);
}

BOOST_AUTO_TEST_CASE(the_first_bytes_do_not_count) {
  client->reads = false;
  start("as long as it likes to be");
  outlet.write("0123456789");
  BOOST_TEST(!client->was_cut);
  outlet.write("x");
  BOOST_TEST(client->was_cut);
}

BOOST_AUTO_TEST_CASE(bytes_written_before_start_are_bounded_too) {
  outlet.write("0123456789");
  outlet.write("x");
  outlet.write("y");
  start();
  BOOST_TEST(client->was_cut);
  BOOST_TEST(client->received.empty());
}

BOOST_AUTO_TEST_CASE(a_heartbeat_is_sent_once_the_connection_is_known) {
  outlet.beat(":");
  start("a");
  BOOST_TEST(client->take() == "a");
  outlet.beat(":");
  BOOST_TEST(client->take() == ":");
}

BOOST_AUTO_TEST_CASE(a_client_that_has_left_is_cut_when_it_is_checked_and_others_are_not) {
  outlet.check_client();
  start();
  outlet.check_client();
  BOOST_TEST(!client->was_cut);
  client->gone = true;
  outlet.check_client();
  BOOST_TEST(client->was_cut);
  outlet.write("a");
  BOOST_TEST(client->take().empty());
}

BOOST_AUTO_TEST_CASE(waiting_heartbeats_count) {
  start();
  client->reads = false;
  for (int i = 0; i < 10; ++i) outlet.beat(":");
  BOOST_TEST(!client->was_cut);
  outlet.beat(":");
  BOOST_TEST(client->was_cut);
}

BOOST_AUTO_TEST_CASE(nothing_is_sent_after_finish) {
  start();
  outlet.finish();
  BOOST_TEST(client->finished);
  outlet.write("a");
  outlet.beat(":");
  BOOST_TEST(client->received.empty());
  BOOST_TEST(!client->was_cut);
}

BOOST_AUTO_TEST_CASE(finish_before_start_takes_effect_after_the_buffered_bytes) {
  outlet.write("b");
  outlet.finish();
  outlet.write("c");
  start("a");
  BOOST_TEST(client->received == "ab");
  BOOST_TEST(client->finished);
}

BOOST_AUTO_TEST_CASE(the_connection_is_released_at_the_end) {
  start();
  BOOST_TEST(client.use_count() == 2);
  outlet.finish();
  BOOST_TEST(client.use_count() == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::stream_outlet_test
