// The server remembers over a kill which destinations accept records, so that it can tell that a record alone is bad.

#include <boost/test/unit_test.hpp>

#include "tests/integration/running_server.hpp"
#include "tests/support/postgres_server.hpp"

namespace kfs::evidence_restart_test {

using namespace kfs::integration;
using namespace std::chrono_literals;
using test::eventually;

namespace {

/// A server whose consumers are in PostgreSQL, and a consumer that writes to a table with a number column.
struct killed_server : running_server {
  std::string store;
  std::string url = test::new_database();
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  std::string topic = kafka.new_topic();
  std::string letters = kafka.new_topic();
  json consumer;

  explicit killed_server(const std::string& database = test::new_database())
      : running_server({{"DATABASE_URL", database}, {"REPLICA_ID", "one"}}), store(database) {
    BOOST_TEST_REQUIRE(is_ready());
    test::sql(url, "CREATE TABLE numbers (id bigint)");
    auto body = consumer_body(kafka.bootstrap_servers(), topic, test::unique_name("group"), {});
    body["processor_configs"] =
        json::array({{{"processor_type", "database_sync"},
                      {"config", {{"db_dsn", url}, {"table", "numbers"}, {"columns", {{"id", "/id"}}}}}}});
    body["options"] = {{"on_error", {{"policy", "dead_letter"}, {"dead_letter_topic", letters}}}};
    consumer = created(body);
  }

  bool is_ready() {
    return eventually(patience, [&] { return get("/health/ready").status == 200; });
  }

  void produce(const std::string& value) {
    kafka.produce(topic, {{.value = value, .key = {}, .partition = 0, .headers = {}}});
  }

  [[nodiscard]] bool has_rows(std::int64_t count) const {
    return eventually(patience, [&] { return test::sql_number(url, "SELECT count(*) FROM numbers") == count; });
  }

  [[nodiscard]] bool has_letters(std::int64_t count) {
    return eventually(patience, [&] { return kafka.log_end(letters, 0) == count; });
  }

  /// Has one record accepted, waits until the store remembers it, and kills the server.
  void accept_and_kill() {
    produce(R"({"id": 1})");
    BOOST_TEST_REQUIRE(has_rows(1));
    BOOST_TEST_REQUIRE(eventually(patience, [&] {
      return test::sql_number(store, "SELECT count(*) FROM kafka_fetcher.accepted_versions WHERE version <> ''") == 1;
    }));
    process().kill();
  }

  void start() {
    start_again();
    BOOST_TEST_REQUIRE(is_ready());
  }

  /// Whether the consumer was in ERROR with this code since the server started.
  bool was(const std::string& code) { return get(path_of(consumer) + "/events").body.find(code) != std::string::npos; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(evidence_restart, killed_server)

BOOST_AUTO_TEST_CASE(a_bad_record_that_arrives_alone_after_a_kill_is_dead_lettered) {
  accept_and_kill();
  start();
  produce(R"({"id": "no number"})");
  BOOST_TEST(has_letters(1));
  BOOST_TEST(!was("record_unproven"));
  BOOST_TEST(status(consumer) == "ACTIVE");
  produce(R"({"id": 2})");
  BOOST_TEST(has_rows(2));
  BOOST_TEST(kafka.log_end(letters, 0) == 1);
}

BOOST_AUTO_TEST_CASE(a_bad_record_after_a_kill_waits_when_the_table_has_changed_meanwhile) {
  accept_and_kill();
  test::sql(url, "ALTER TABLE numbers ADD CHECK (id < 0) NOT VALID");
  start();
  produce(R"({"id": 2})");
  BOOST_TEST(becomes(consumer, "ERROR"));
  BOOST_TEST(now(consumer).at("last_error").at("code") == "record_unproven");
  BOOST_TEST(kafka.log_end(letters, 0) == 0);
  test::sql(url, "ALTER TABLE numbers DROP CONSTRAINT numbers_id_check");
  BOOST_TEST(has_rows(2));
}

BOOST_AUTO_TEST_CASE(a_bad_record_after_a_kill_waits_when_what_was_remembered_is_lost) {
  accept_and_kill();
  test::sql(store, "DELETE FROM kafka_fetcher.accepted_versions");
  start();
  produce(R"({"id": "no number"})");
  BOOST_TEST(becomes(consumer, "ERROR"));
  BOOST_TEST(now(consumer).at("last_error").at("code") == "record_unproven");
  BOOST_TEST(kafka.log_end(letters, 0) == 0);
  produce(R"({"id": 2})");
  BOOST_TEST(has_rows(2));
  BOOST_TEST(has_letters(1));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::evidence_restart_test
