// A topic is deleted and created again while a consumer exists; a consumer is deleted and created again.

#include <librdkafka/rdkafka.h>

#include <boost/test/unit_test.hpp>

#include "tests/fault/consuming.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/postgres_server.hpp"

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

/// Whether the linked librdkafka tells ids of topics, so that a topic that was made again is always recognised.
bool ids_are_known() {
  return rd_kafka_version() >= 0x020300ff;
}

/// A consumer that writes to a file and to a table.
struct with_table : consuming {
  std::string database = test::new_database();
  std::int64_t produced = 0;

  void produce(int count) {
    flow.produce(count);
    produced += count;
  }

  void create() {
    auto wanted = body({{"batch", {{"max_messages", 100}}}, {"recovery", {{"max_backoff_ms", 1'000}}}});
    wanted["processor_configs"].push_back(
        {{"processor_type", "database_sync"}, {"config", {{"db_dsn", database}, {"table", "t"}}}});
    const auto answered = client.post("/consumers", wanted);
    BOOST_TEST_REQUIRE(answered.status == 201, answered.body);
    path = "/consumers/" + answered.parsed().at("consumer_id").get<std::string>();
  }

  /// Every record is in the file and in the table, once.
  void check(const std::string& label) {
    check_exact_while_running(label);
    const auto number = [this](const std::string& statement) { return test::sql_number(database, statement); };
    BOOST_TEST(test::eventually(patience, [&] { return number("SELECT count(*) FROM t") >= produced; }), label);
    BOOST_TEST(number("SELECT count(*) FROM t") == produced, label);
    BOOST_TEST(number("SELECT count(DISTINCT value) FROM t") == produced, label);
  }

  /// The topic is made again with a few records. The server is killed at the fault point while it begins to read them.
  void killed_in_new_log(const std::string& point, int hit) {
    stop_consumer();
    flow.recreate_topic();
    produce(400);
    server.stop();
    start_server_with_fault(point, hit);
    start_consumer_to_die();
    BOOST_TEST_REQUIRE(test::eventually(patience, [this] { return !server.process().running(); }),
                       point << " was not reached");
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

// Without ids of topics this is like a group that was away until its offsets expired.
BOOST_AUTO_TEST_CASE(a_topic_that_was_recreated_while_stopped_and_outgrew_the_file_is_read_where_its_id_is_known) {
  read_some();
  stop_consumer();
  flow.recreate_topic();
  if (ids_are_known()) {
    flow.produce(4'000);
  } else {
    flow.produce_unread(4'000);
  }
  flow.produce(400);
  start_consumer();
  check_exact("more than before");
  const bool warned =
      server.log().find("the group has no committed offset for a partition of which a sink has records") !=
      std::string::npos;
  BOOST_TEST(warned != ids_are_known());
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

BOOST_FIXTURE_TEST_CASE(a_kill_between_the_start_of_a_new_log_and_its_first_commit_loses_and_duplicates_nothing,
                        with_table) {
  produce(4'000);
  create();
  check("before");
  struct step {
    const char* point;
    int hit;
  };
  for (const auto& [point, hit] :
       {step{"restart.told", 1}, step{"restart.committed", 1}, step{"file.after_journal", 1},
        step{"file.after_write", 1}, step{"database.after_copy", 1}, step{"database.after_commit", partitions + 1}}) {
    killed_in_new_log(point, hit);
    start_server();
    check(point);
    produce(4'000);
    check(std::string("after ") + point);
    BOOST_TEST(has_no_lag(), point);
  }
}

BOOST_FIXTURE_TEST_CASE(a_new_log_whose_start_is_known_may_outgrow_the_old_one_while_the_server_is_down, with_table) {
  produce(4'000);
  create();
  check("before");
  killed_in_new_log("restart.told", 2 * partitions);  // every partition, in both sinks
  produce(8'000);
  start_server();
  check("outgrown");
  BOOST_TEST(has_no_lag());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::topic_again_test
