// Dead letters in a complete server: of a destination that takes nothing none, of one that rejects some exactly these.
#include <boost/test/unit_test.hpp>
#include <random>
#include <set>

#include "tests/integration/running_server.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/http_endpoint.hpp"
#include "tests/support/postgres_server.hpp"

namespace kfs::evidence_test {

using namespace kfs::integration;
using test::endpoint_answer;
using test::endpoint_request;
using test::eventually;

namespace {

struct judged_server : writing_from_shared_kafka {
  std::string url = test::new_database();
  test::http_endpoint endpoint;
  std::string topic = kafka.new_topic(2);
  std::string letters = kafka.new_topic();

  json consumer_of(const std::string& type, const json& config, const std::string& policy = "dead_letter",
                   std::int64_t most = 1'000) {
    auto made = body(topic);
    made["processor_configs"] = json::array({{{"processor_type", type}, {"config", config}}});
    made["options"] = {{"on_error", {{"policy", policy}, {"max_attempts", 1}}},
                       {"batch", {{"max_messages", most}}},
                       {"stop_timeout_ms", 500},
                       {"recovery", {{"initial_backoff_ms", 50}, {"max_backoff_ms", 200}}}};
    if (policy == "dead_letter") made["options"]["on_error"]["dead_letter_topic"] = letters;
    return created(made);
  }

  /// JSON records over both partitions: {"id":0}, {"id":1}, …
  void produce(int first, int count) {
    std::vector<test::test_record> records;
    for (int id = first; id < first + count; ++id)
      records.push_back({.value = json{{"id", id}}.dump(), .key = {}, .partition = id % 2, .headers = {}});
    kafka.produce(topic, records);
  }

  [[nodiscard]] bool is_committed(std::int64_t records) {
    return eventually(patience, [&] { return committed_in_all(kafka, group, topic, 2) == records; });
  }

  /// Waits until the consumer has failed several times with this code.
  [[nodiscard]] bool fails_again_and_again(const json& consumer, const std::string& code) {
    return eventually(patience, [&] {
      const auto fault = now(consumer).at("last_error");
      return !fault.is_null() && fault.at("code") == code && fault.at("attempts") > 3;
    });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(evidence, judged_server)

BOOST_AUTO_TEST_CASE(of_an_endpoint_that_takes_none_of_a_thousand_records_nothing_is_given_up) {
  produce(0, 1'000);
  for (const auto* policy : {"dead_letter", "skip", "stop"}) {
    endpoint.answer_with([](const endpoint_request&) { return endpoint_answer{.status = 400}; });
    const auto consumer = consumer_of("streaming_forwarder", {{"endpoint_url", endpoint.url("/in")}}, policy);
    BOOST_TEST(fails_again_and_again(consumer, "record_unproven"), now(consumer));
    BOOST_TEST(kafka.log_end(letters, 0) == 0);
    BOOST_TEST(committed_in_all(kafka, group, topic, 2) <= 0);
    deleted(consumer);
  }
  endpoint.answer_with([](const endpoint_request&) { return endpoint_answer{}; });
  consumer_of("streaming_forwarder", {{"endpoint_url", endpoint.url("/in")}});
  BOOST_TEST(is_committed(1'000));
  BOOST_TEST(endpoint.accepted_count() == 1'000u);
}

BOOST_AUTO_TEST_CASE(answers_about_access_and_paths_are_the_endpoints_fault) {
  produce(0, 10);
  endpoint.answer_with([turn = 0](const endpoint_request&) mutable {
    constexpr std::array statuses{401, 403, 404, 405};
    return endpoint_answer{.status = statuses[static_cast<std::size_t>(turn++) % statuses.size()]};
  });
  const auto consumer = consumer_of("streaming_forwarder", {{"endpoint_url", endpoint.url("/in")}}, "skip");
  BOOST_TEST(becomes(consumer, "ERROR"));
  const auto code = now(consumer).at("last_error").at("code").get<std::string>();
  BOOST_TEST((code == "sink_denied" || code == "sink_unavailable"), code);
  endpoint.answer_with([](const endpoint_request&) { return endpoint_answer{}; });
  BOOST_TEST(is_committed(10));
  BOOST_TEST(endpoint.accepted_count() == 10u);
}

BOOST_AUTO_TEST_CASE(exactly_the_records_that_an_endpoint_rejects_are_dead_letters) {
  produce(0, 300);
  std::mt19937 random{5};
  std::set<int> bad{0, 1, 2};
  for (int id = 0; id < 298; ++id)
    if (random() % 3 == 0) bad.insert(id);
  endpoint.answer_with([&](const endpoint_request& got) {
    return bad.contains(json::parse(got.body).at("id")) ? endpoint_answer{.status = 422} : endpoint_answer{};
  });
  const auto consumer = consumer_of("streaming_forwarder", {{"endpoint_url", endpoint.url("/in")}}, "dead_letter", 50);
  BOOST_TEST(is_committed(300), now(consumer));
  BOOST_TEST(kafka.log_end(letters, 0) == static_cast<std::int64_t>(bad.size()));
  BOOST_TEST(endpoint.accepted_count() == 300 - bad.size());
}

/// However small the batches are, good records behind a row of bad ones are found.
BOOST_AUTO_TEST_CASE(a_row_of_bad_records_in_small_batches_does_not_block_their_partition) {
  test::sql(url, "CREATE TABLE t (id int CHECK (id < 1 OR id > 40))");
  produce(0, 100);
  for (const int most : {1, 7}) {
    const auto consumer = consumer_of("database_sync", {{"db_dsn", url}, {"table", "t"}, {"columns", {{"id", "/id"}}}},
                                      "dead_letter", most);
    BOOST_TEST(is_committed(100), now(consumer));
    BOOST_TEST(test::sql_number(url, "SELECT count(*) FROM t") == 60);
    BOOST_TEST(kafka.log_end(letters, 0) == 40);
    deleted(consumer);
    group += "-again";
    letters = kafka.new_topic();
    test::sql(url, "TRUNCATE t");
  }
}

BOOST_AUTO_TEST_CASE(of_a_table_that_takes_none_of_a_thousand_records_nothing_is_given_up) {
  test::sql(url, "CREATE TABLE t (id int CHECK (id < 0))");
  produce(0, 1'000);
  const auto consumer = consumer_of("database_sync", {{"db_dsn", url}, {"table", "t"}, {"columns", {{"id", "/id"}}}});
  BOOST_TEST(fails_again_and_again(consumer, "record_unproven"), now(consumer));
  BOOST_TEST(kafka.log_end(letters, 0) == 0);
  test::sql(url, "ALTER TABLE t DROP CONSTRAINT t_id_check");
  BOOST_TEST(is_committed(1'000));
  BOOST_TEST(test::sql_number(url, "SELECT count(DISTINCT id) FROM t") == 1'000);
  BOOST_TEST(kafka.log_end(letters, 0) == 0);
}

BOOST_AUTO_TEST_CASE(a_column_that_becomes_not_null_under_a_running_consumer_makes_no_dead_letters) {
  test::sql(url, "CREATE TABLE t (id int, name text)");
  produce(0, 100);
  const auto consumer =
      consumer_of("database_sync", {{"db_dsn", url}, {"table", "t"}, {"columns", {{"id", "/id"}, {"name", "/name"}}}});
  BOOST_TEST_REQUIRE(is_committed(100));
  test::sql(url, "UPDATE t SET name = ''; ALTER TABLE t ALTER name SET NOT NULL");
  produce(100, 100);
  BOOST_TEST(fails_again_and_again(consumer, "record_unproven"), now(consumer));
  BOOST_TEST(kafka.log_end(letters, 0) == 0);
  test::sql(url, "ALTER TABLE t ALTER name DROP NOT NULL");
  BOOST_TEST(is_committed(200));
  BOOST_TEST(becomes(consumer, "ACTIVE"));
  BOOST_TEST(kafka.log_end(letters, 0) == 0);
}

BOOST_AUTO_TEST_CASE(what_a_trigger_says_of_a_value_is_neither_logged_nor_answered) {
  test::sql(
      url,
      "CREATE TABLE t (id int); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE "
      "'secret-%', NEW.id; RAISE WARNING 'secret-%', NEW.id; IF NEW.id > 5 THEN RAISE EXCEPTION 'secret-%', NEW.id "
      "USING ERRCODE = '45000', DETAIL = 'secret-detail', HINT = 'secret-hint'; END IF; RETURN NEW; END $$; CREATE "
      "TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()");
  produce(0, 20);
  const auto consumer =
      consumer_of("database_sync", {{"db_dsn", url}, {"table", "t"}, {"columns", {{"id", "/id"}}}}, "retry");
  BOOST_TEST(fails_again_and_again(consumer, "record_rejected"), now(consumer));
  BOOST_TEST(now(consumer).dump().find("secret-") == std::string::npos, now(consumer));
  BOOST_TEST(process().log().find("secret-") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_lone_bad_record_waits_for_a_good_one) {
  test::sql(url, "CREATE TABLE t (id int CHECK (id > 0))");
  produce(0, 1);
  const auto consumer = consumer_of("database_sync", {{"db_dsn", url}, {"table", "t"}, {"columns", {{"id", "/id"}}}});
  BOOST_TEST(fails_again_and_again(consumer, "record_unproven"), now(consumer));
  produce(1, 1);
  BOOST_TEST(is_committed(2));
  BOOST_TEST(kafka.log_end(letters, 0) == 1);
  BOOST_TEST(test::sql_number(url, "SELECT count(*) FROM t") == 1);
  BOOST_TEST(becomes(consumer, "ACTIVE"));
}

BOOST_AUTO_TEST_CASE(several_bad_records_that_arrive_one_by_one_wait_for_a_good_one) {
  constexpr int bad = 5;
  test::sql(url, "CREATE TABLE t (id int CHECK (id >= 5))");
  const auto consumer = consumer_of("database_sync", {{"db_dsn", url}, {"table", "t"}, {"columns", {{"id", "/id"}}}});
  for (int id = 0; id < bad; ++id) {
    produce(id, 1);
    BOOST_TEST(fails_again_and_again(consumer, "record_unproven"), now(consumer));
  }
  produce(bad, 1);
  BOOST_TEST(is_committed(bad + 1), now(consumer));
  BOOST_TEST(kafka.log_end(letters, 0) == bad);
  BOOST_TEST(test::sql_number(url, "SELECT count(*) FROM t") == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::evidence_test
