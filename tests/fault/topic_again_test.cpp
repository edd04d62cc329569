// A topic is deleted and created again while a consumer exists; a consumer is deleted and created again.

#include <boost/test/unit_test.hpp>

#include "tests/fault/consuming.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::topic_again_test {

using namespace kfs::fault;
using namespace std::chrono_literals;

namespace {

struct made_again : consuming {
  void read_some(const json& options = json::object()) {
    flow.produce(4'000);
    create(options);
    BOOST_TEST_REQUIRE(arrives());
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(topic_again, made_again)

BOOST_AUTO_TEST_CASE(a_topic_with_fewer_records_that_was_recreated_while_stopped_is_read_from_its_beginning) {
  read_some();
  stop_consumer();
  flow.recreate_topic();
  flow.produce(400);
  start_consumer();
  check_exact_while_running("fewer than before");
  BOOST_TEST(becomes("ACTIVE"));
  flow.produce(400);
  check_exact("and more");
}

// Kafka does not distinguish this from a group that was away until its offsets expired.
BOOST_AUTO_TEST_CASE(a_topic_that_was_recreated_while_stopped_and_outgrew_the_file_is_continued_with_a_warning) {
  read_some();
  stop_consumer();
  flow.recreate_topic();
  flow.produce_unread(4'000);
  flow.produce(400);
  start_consumer();
  check_exact("more than before");
  BOOST_TEST(server.log().find("the group has no committed offset for a partition of which a sink has records") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_topic_that_was_recreated_while_stopped_is_read_from_its_end_with_latest) {
  read_some();
  stop_consumer();
  change_consumer({{"options", {{"auto_offset_reset", "latest"}}}});
  flow.recreate_topic();
  flow.produce_unread(400);
  start_consumer();
  BOOST_TEST_REQUIRE(has_no_lag());
  flow.produce(400);
  check_exact("from the end");
}

BOOST_AUTO_TEST_CASE(a_topic_that_is_recreated_while_it_is_read_is_read_from_its_beginning) {
  read_some(kafka_properties({{"metadata.max.age.ms", "2000"}}));
  flow.recreate_topic();
  flow.produce(400);
  check_exact_while_running("made again while read");
  BOOST_TEST(becomes("ACTIVE"));
  flow.produce(400);
  server.kill();
  start_server();
  check_exact("and more after a kill");
}

BOOST_AUTO_TEST_CASE(a_consumer_that_is_recreated_with_its_group_and_file_continues_within_a_second) {
  read_some();
  stop_consumer();
  delete_consumer();
  flow.produce(400);
  const auto before = bytes_of({out});
  create();
  BOOST_TEST(test::eventually(
      1s, [&] { return bytes_of({out}) > before; }, 5ms));
  check_exact("made again");
}

BOOST_AUTO_TEST_CASE(a_running_consumer_that_is_deleted_and_recreated_continues_exactly) {
  read_some();
  for (int round = 0; round < 3; ++round) {
    flow.produce(40'000);
    delete_consumer();
    create();
  }
  check_exact("deleted while it read, and made again");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::topic_again_test
