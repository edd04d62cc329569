#include "http/streams/stream_outlet.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/unit/http/streams/fake_stream_writer.hpp"

using namespace kfs;

namespace {

/// An outlet where ten bytes may wait.
struct ten_bytes {
  kfs::stream_outlet outlet{10};
  std::shared_ptr<test::fake_stream_writer> client = std::make_shared<test::fake_stream_writer>();

  void start(std::string first = "") { outlet.start(client, std::move(first)); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(stream_outlet, ten_bytes)

BOOST_AUTO_TEST_CASE(what_was_written_before_there_was_a_connection_follows_what_it_begins_with) {
  outlet.write("b");
  outlet.write("c");
  start("a");
  BOOST_TEST(client->news() == "abc");
  outlet.write("d");
  BOOST_TEST(client->news() == "d");
}

BOOST_AUTO_TEST_CASE(a_client_that_reads_gets_any_amount) {
  start();
  for (int i = 0; i < 1'000; ++i) outlet.write("0123456789");
  BOOST_TEST(client->got.size() == 10'000U);
  BOOST_TEST(!client->was_cut);
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_is_cut_when_more_than_the_bound_waits) {
  start();
  client->reads = false;
  outlet.write("0123456789");
  BOOST_TEST(!client->was_cut);
  outlet.write("x");
  BOOST_TEST(client->was_cut);
  BOOST_TEST(client->news() == "0123456789");
  outlet.write("y");
  outlet.finish();
  BOOST_TEST(client->news().empty());
  BOOST_TEST(!client->finished);
}

BOOST_AUTO_TEST_CASE(what_a_stream_begins_with_does_not_count) {
  client->reads = false;
  start("as long as it likes to be");
  outlet.write("0123456789");
  BOOST_TEST(!client->was_cut);
  outlet.write("x");
  BOOST_TEST(client->was_cut);
}

BOOST_AUTO_TEST_CASE(what_is_written_before_there_is_a_connection_is_bounded_too) {
  outlet.write("0123456789");
  outlet.write("x");
  outlet.write("y");
  start();
  BOOST_TEST(client->was_cut);
  BOOST_TEST(client->got.empty());
}

BOOST_AUTO_TEST_CASE(a_heart_beat_cuts_who_has_gone_and_is_sent_to_who_has_not) {
  outlet.beat(":");
  start("a");
  BOOST_TEST(client->news() == "a");
  outlet.beat(":");
  BOOST_TEST(client->news() == ":");
  client->gone = true;
  outlet.beat(":");
  BOOST_TEST(client->was_cut);
  BOOST_TEST(client->news().empty());
}

BOOST_AUTO_TEST_CASE(heart_beats_count_as_all_that_waits) {
  start();
  client->reads = false;
  for (int i = 0; i < 10; ++i) outlet.beat(":");
  BOOST_TEST(!client->was_cut);
  outlet.beat(":");
  BOOST_TEST(client->was_cut);
}

BOOST_AUTO_TEST_CASE(after_its_end_nothing_is_written) {
  start();
  outlet.finish();
  BOOST_TEST(client->finished);
  outlet.write("a");
  outlet.beat(":");
  BOOST_TEST(client->got.empty());
  BOOST_TEST(!client->was_cut);
}

BOOST_AUTO_TEST_CASE(an_end_before_there_is_a_connection_comes_behind_what_was_written) {
  outlet.write("b");
  outlet.finish();
  outlet.write("c");
  start("a");
  BOOST_TEST(client->got == "ab");
  BOOST_TEST(client->finished);
}

BOOST_AUTO_TEST_CASE(the_connection_is_let_go_at_the_end) {
  start();
  BOOST_TEST(client.use_count() == 2);
  outlet.finish();
  BOOST_TEST(client.use_count() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
