// The server remembers over a kill which destinations accept records, so that it can tell that a record alone is bad.

#include <boost/test/unit_test.hpp>

#include "tests/integration/running_server.hpp"
#include "tests/support/http_endpoint.hpp"
#include "tests/support/postgres_server.hpp"

namespace kfs::evidence_restart_test {

using namespace kfs::integration;
using namespace std::chrono_literals;
using test::eventually;

namespace {

/// Whether the consumer was in ERROR with this code since the server started.
bool was(const test::server_process& server, const json& consumer, const std::string& code) {
  return server.client().get(path_of(consumer) + "/events").body.find(code) != std::string::npos;
}

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
};

/// A server whose consumers are in SQLite, and a consumer that sends to an endpoint, which rejects the value "bad".
struct killed_sender : running_server {
  test::http_endpoint endpoint{[](const test::endpoint_request& request) {
    return test::endpoint_answer{.status = request.body == "bad" ? 422 : 200};
  }};
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  std::string topic = kafka.new_topic();
  std::string letters = kafka.new_topic();
  std::string group = test::unique_name("group");
  json consumer;

  killed_sender() {
    auto body = consumer_body(kafka.bootstrap_servers(), topic, group, {});
    body["processor_configs"] = sending_to("/in");
    body["options"] = {{"on_error", {{"policy", "dead_letter"}, {"dead_letter_topic", letters}}}};
    consumer = created(body);
  }

  [[nodiscard]] json sending_to(const std::string& path) const {
    return json::array(
        {{{"processor_type", "streaming_forwarder"}, {"config", {{"endpoint_url", endpoint.url(path)}}}}});
  }

  void produce(const std::string& value) {
    kafka.produce(topic, {{.value = value, .key = {}, .partition = 0, .headers = {}}});
  }

  [[nodiscard]] bool has_letters(std::int64_t count) {
    return eventually(patience, [&] { return kafka.log_end(letters, 0) == count; });
  }

  /// Has one record accepted, and waits until the store remembers it. The store is told before the offset is committed,
  /// and writes in the order of what it is told, so a consumer that is created then comes later.
  void accept() {
    produce("good");
    BOOST_TEST_REQUIRE(eventually(patience, [&] { return kafka.committed(group, topic, 0) == 1; }));
    auto other = consumer_body(kafka.bootstrap_servers(), topic, test::unique_name("group"), file("unused.log"));
    other["auto_start"] = false;
    created(other);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(evidence_restart, killed_server)

BOOST_AUTO_TEST_CASE(a_bad_record_that_arrives_alone_after_a_kill_is_dead_lettered) {
  accept_and_kill();
  start();
  produce(R"({"id": "no number"})");
  BOOST_TEST(has_letters(1));
  BOOST_TEST(!was(process(), consumer, "record_unproven"));
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
  BOOST_TEST(fails_with(consumer, "record_unproven"));
  BOOST_TEST(kafka.log_end(letters, 0) == 0);
  test::sql(url, "ALTER TABLE numbers DROP CONSTRAINT numbers_id_check");
  BOOST_TEST(has_rows(2));
}

BOOST_AUTO_TEST_CASE(a_bad_record_after_a_kill_waits_when_what_was_remembered_is_lost) {
  accept_and_kill();
  test::sql(store, "DELETE FROM kafka_fetcher.accepted_versions");
  start();
  produce(R"({"id": "no number"})");
  BOOST_TEST(fails_with(consumer, "record_unproven"));
  BOOST_TEST(kafka.log_end(letters, 0) == 0);
  produce(R"({"id": 2})");
  BOOST_TEST(has_rows(2));
  BOOST_TEST(has_letters(1));
}

BOOST_AUTO_TEST_CASE(a_bad_record_that_arrives_alone_after_another_replica_has_taken_over_is_dead_lettered) {
  const test::server_process second({{"DATABASE_URL", store}, {"REPLICA_ID", "two"}});
  accept_and_kill();
  BOOST_TEST_REQUIRE(eventually(patience, [&] { return second.client().get("/health/ready").status == 200; }));
  produce(R"({"id": "no number"})");
  BOOST_TEST(has_letters(1));
  BOOST_TEST(!was(second, consumer, "record_unproven"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(evidence_restart)

BOOST_FIXTURE_TEST_CASE(a_bad_record_that_arrives_alone_after_a_kill_is_dead_lettered_with_sqlite_and_http,
                        killed_sender) {
  accept();
  restart_killed();
  produce("bad");
  BOOST_TEST(has_letters(1));
  BOOST_TEST(!was(process(), consumer, "record_unproven"));
}

BOOST_FIXTURE_TEST_CASE(a_bad_record_after_a_kill_waits_when_the_consumer_was_changed_before_it, killed_sender) {
  accept();
  changed(consumer, json{{"processor_configs", sending_to("/other")}});
  restart_killed();
  produce("bad");
  BOOST_TEST(fails_with(consumer, "record_unproven"));
  BOOST_TEST(kafka.log_end(letters, 0) == 0);
  produce("good");
  BOOST_TEST(has_letters(1));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::evidence_restart_test
