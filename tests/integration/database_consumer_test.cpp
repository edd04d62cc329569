// A consumer from Kafka to PostgreSQL, used over HTTP.

#include <boost/test/unit_test.hpp>

#include "tests/integration/running_server.hpp"
#include "tests/support/postgres_server.hpp"

namespace kfs::database_consumer_test {

using namespace kfs::integration;
using namespace std::chrono_literals;

namespace {

struct into_database : running_server {
  explicit into_database(std::map<std::string, std::string> environment = {})
      : running_server(std::move(environment)) {}

  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  std::string url = test::new_database();
  std::string topic = kafka.new_topic(2);
  std::string group = test::unique_name("group");

  [[nodiscard]] json body(json config = json::object()) const {
    if (!config.contains("db_dsn")) config["db_dsn"] = url;
    auto made = consumer_body(kafka.bootstrap_servers(), topic, group, {});
    made["processor_configs"] = json::array({{{"processor_type", "database_sync"}, {"config", std::move(config)}}});
    return made;
  }

  [[nodiscard]] std::int64_t rows() const {
    try {
      return test::sql_number(url, "SELECT count(*) FROM \"" + topic + "\"");
    } catch (const std::runtime_error&) {
      return 0;  // no table yet
    }
  }
  [[nodiscard]] bool has_rows(std::int64_t count) const {
    return test::eventually(patience, [&] { return rows() >= count; }) && rows() == count;
  }

  void fails(const json& config, const std::string& code, const std::string& part) {
    const auto made = created(body(config));
    BOOST_TEST(becomes(made, "ERROR", 10s));
    const auto fault = now(made).at("last_error");
    BOOST_TEST(fault.at("code") == code, fault.dump());
    BOOST_TEST(fault.at("message").get<std::string>().find(part) != std::string::npos, fault.dump());
    deleted(made);
  }
};

/// Each of these variables alone would make libpq fail, or make it write with other settings.
struct amid_variables_of_libpq : into_database {
  amid_variables_of_libpq()
      : into_database({{"PGOPTIONS", "-c default_transaction_read_only=on"},
                       {"PGTARGETSESSIONATTRS", "read-only"},
                       {"PGSSLMODE", "require"},
                       {"PGCHANNELBINDING", "require"},
                       {"PGREQUIREAUTH", "none"},
                       {"PGSERVICE", "none-of-this-name"},
                       {"PGTZ", "Asia/Tokyo"}}) {}
};

std::string without_password(const std::string& url) {
  return "postgresql://kfs" + url.substr(url.find('@'));
}

/// The store's password comes from the environment.
struct with_the_stores_password : into_database {
  with_the_stores_password()
      : into_database({{"DATABASE_URL", without_password(test::new_database())}, {"PGPASSWORD", "kfs"}}) {}
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(database_consumer, into_database)

BOOST_AUTO_TEST_CASE(records_arrive_in_a_table_named_after_the_topic_and_leave_no_lag) {
  kafka.produce(topic, {{.value = R"({"amount": 5})", .key = "k", .partition = 0, .headers = {{"h", "v"}}},
                        {.value = "no json", .key = {}, .partition = 1, .headers = {}},
                        {.value = {}, .key = "gone", .partition = 1, .headers = {}}});
  const auto made = created(body());
  BOOST_TEST(has_rows(3));
  BOOST_TEST(status(made) == "ACTIVE");
  const auto quoted = '"' + topic + '"';
  BOOST_TEST(test::sql_number(
                 url, "SELECT (payload->>'amount')::int FROM " + quoted + " WHERE headers->0->>'key' = 'h'") == 5);
  BOOST_TEST(test::sql_number(url, "SELECT count(*) FROM " + quoted + " WHERE payload IS NULL AND value IS NULL") == 1);
  BOOST_TEST(test::eventually(patience, [&] {
    const auto of = lag(kafka, group, topic);
    return of.size() == 2 && of.at("0").at("lag") == 0 && of.at("1").at("lag") == 0;
  }));
}

BOOST_AUTO_TEST_CASE(a_recreated_consumer_continues_at_the_offsets_of_the_table) {
  kafka.produce_numbered(topic, 1'000, "", 2);
  const auto made = created(body());
  BOOST_TEST(has_rows(1'000));
  deleted(made);
  kafka.produce_numbered(topic, 1'000, "", 2);
  created(body());
  BOOST_TEST(has_rows(2'000));
}

BOOST_AUTO_TEST_CASE(a_rewind_by_an_operator_takes_effect_once) {
  kafka.produce_numbered(topic, 1'000, "", 2);
  const auto made = created(body());
  BOOST_TEST(has_rows(1'000));
  stopped(made);
  kafka.commit(group, topic, 0, 100);
  started(made);
  BOOST_TEST(has_rows(1'400));
  restart_killed();
  kafka.produce_numbered(topic, 10, "", 2);
  BOOST_TEST(has_rows(1'410));
}

BOOST_AUTO_TEST_CASE(two_groups_have_their_own_rows_in_one_table) {
  kafka.produce_numbered(topic, 100, "", 2);
  created(body());
  group = test::unique_name("group");
  created(body());
  BOOST_TEST(has_rows(200));
}

BOOST_FIXTURE_TEST_CASE(variables_of_libpq_in_the_servers_environment_count_for_no_processor, amid_variables_of_libpq) {
  kafka.produce_numbered(topic, 100, "", 2);
  created(body());
  BOOST_TEST(has_rows(100));
}

BOOST_FIXTURE_TEST_CASE(the_stores_password_in_the_environment_is_not_given_to_a_processor, with_the_stores_password) {
  BOOST_TEST_REQUIRE(test::eventually(patience, [&] { return get("/health/ready").status == 200; }));
  kafka.produce_numbered(topic, 1);
  fails({{"db_dsn", without_password(url)}}, "sink_denied", "28P01");
}

BOOST_AUTO_TEST_CASE(a_fault_that_needs_a_person_is_an_error_within_seconds) {
  kafka.produce_numbered(topic, 1);
  fails({{"create_table", false}}, "sink_denied", "create_table is false");
  fails({{"db_dsn", "postgresql://kfs:wr0ng@" + url.substr(url.find('@') + 1)}}, "sink_denied", "28P01");
  test::sql(url, "CREATE TABLE t (a text)");
  fails({{"table", "t"}, {"columns", {{"b", "/b"}}}}, "sink_denied", "no column \"b\"");
  fails({{"db_dsn", "postgresql://kfs:kfs@127.0.0.1:1/x"}}, "sink_unavailable", "127.0.0.1:1");
  BOOST_TEST(process().log().find("wr0ng") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(two_processors_of_one_consumer_cannot_share_a_table) {
  auto twice = body();
  twice["processor_configs"].push_back(twice["processor_configs"][0]);
  const auto refused = process().client().post("/consumers", twice);
  BOOST_TEST(refused.status == 422);
  BOOST_TEST(refused.body.find("same place") != std::string::npos, refused.body);
  BOOST_TEST(refused.body.find("kfs:kfs") == std::string::npos, refused.body);
}

BOOST_AUTO_TEST_CASE(a_forbidden_host_is_rejected_and_the_password_is_masked) {
  const auto refused = process().client().post("/consumers", body({{"db_dsn", "postgresql://u:s3cret@192.0.2.1/x"}}));
  BOOST_TEST(refused.status == 422);
  BOOST_TEST(refused.body.find("DATABASE_ALLOWED_HOSTS") != std::string::npos, refused.body);
  BOOST_TEST(refused.body.find("s3cret") == std::string::npos, refused.body);
  const auto made = created(body());
  BOOST_TEST(made.dump().find("kfs:********@") != std::string::npos, made.dump());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::database_consumer_test
