// The sink with the user's own tables: columns, upserts, and rejected records.

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "tests/integration/database_fixture.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::database_columns_test {

using namespace kfs::integration;
using namespace std::string_literals;

namespace {

struct own_table : database_fixture {
  static json upserting(const json& more = json::object()) {
    json config{{"table", "t"}, {"mode", "upsert"}, {"key_columns", {"id"}}, {"columns", {{"id", "/id"}, {"v", "/v"}}}};
    config.update(more);
    return config;
  }

  [[nodiscard]] std::string database() const { return '"' + url.substr(url.rfind('/') + 1) + '"'; }

  error refused_open(json config) const { return error_of(make(std::move(config))->open()); }

  void says(const error& what, ec code, const std::string& part) const {
    BOOST_TEST((what.code == code), what.message);
    BOOST_TEST(what.message.find(part) != std::string::npos, what.message);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(database_columns, own_table)

BOOST_AUTO_TEST_CASE(columns_of_many_types_are_filled_from_all_parts_of_a_record) {
  run("CREATE TABLE t (id int PRIMARY KEY, amount numeric(10,2), ok boolean, day date, tags text[], part jsonb, word "
      "jsonb, name text, raw bytea, topic text, p smallint, o bigint, at timestamptz, ms bigint, trace text, k text, "
      "whole json, none text, nested int[][], extra text DEFAULT 'd')");
  const auto sink = owning({{"table", "public.t"},
                            {"columns",
                             {{"id", "/id"},
                              {"amount", "/order/amount"},
                              {"ok", "/ok"},
                              {"day", "/day"},
                              {"tags", "/tags"},
                              {"part", "/order"},
                              {"word", "/name"},
                              {"name", "/name"},
                              {"raw", "/name"},
                              {"topic", "$topic"},
                              {"p", "$partition"},
                              {"o", "$offset"},
                              {"at", "$timestamp"},
                              {"ms", "$timestamp"},
                              {"trace", "$headers.trace"},
                              {"k", "$key"},
                              {"whole", "$value"},
                              {"nested", "/nested"},
                              {"none", "/no/such"}}}});
  write(*sink, 3,
        {{.value =
              R"({"id": 5, "order": {"amount": 12.30}, "ok": true, "day": "2026-11-24", "tags": ["a", "b\"\\,{}", null],
                      "name": "J\u00fcrgen\n\"x\"", "nested": [[1, 2], [3, 4]]})",
          .key = "the\tkey",
          .headers = {{"trace", "old"}, {"trace", "new"}},
          .timestamp_ms = 1'000}});
  const auto all = rows(
      "SELECT id, amount, ok, day, tags[2], tags[3], part->>'amount', word #>> '{}', name, convert_from(raw, 'UTF8'), "
      "topic, p, o, at AT TIME ZONE 'UTC', ms, trace, k, whole->>'id', none, nested[2][1], extra FROM t");
  const test::sql_row expected{"5",
                               "12.30",
                               "t",
                               "2026-11-24",
                               "b\"\\,{}",
                               {},
                               "12.30",
                               "Jürgen\n\"x\"",
                               "Jürgen\n\"x\"",
                               "Jürgen\n\"x\"",
                               "orders",
                               "0",
                               "3",
                               "1970-01-01 00:00:01",
                               "1000",
                               "new",
                               "the\tkey",
                               "5",
                               {},
                               "3",
                               "d"};
  BOOST_TEST_REQUIRE(all.size() == 1);
  for (std::size_t i = 0; i < expected.size(); ++i)
    BOOST_TEST(all[0][i].value_or("NULL") == expected[i].value_or("NULL"),
               "column " << i << ": " << all[0][i].value_or("NULL"));
}

BOOST_AUTO_TEST_CASE(the_last_record_of_a_key_is_kept_and_a_replay_changes_nothing) {
  run("CREATE TABLE t (id int PRIMARY KEY, v text)");
  const auto sink = owning(upserting());
  write(*sink, 0,
        {{.value = R"({"id":1,"v":"a"})"}, {.value = R"({"id":2,"v":"b"})"}, {.value = R"({"id":1,"v":"c"})"}});
  write(*sink, 3, {{.value = R"({"id":2,"v":"d"})"}});
  write(*sink, 0, {{.value = R"({"id":1,"v":"a"})"}});
  BOOST_TEST((rows("SELECT id, v FROM t ORDER BY id") == std::vector<test::sql_row>{{"1", "c"}, {"2", "d"}}));
}

BOOST_AUTO_TEST_CASE(a_tombstone_deletes_the_row_of_its_key_with_delete_on_null) {
  run("CREATE TABLE t (id int PRIMARY KEY, v text)");
  const auto sink = owning(upserting({{"delete_on_null", true}}));
  write(*sink, 0,
        {{.value = R"({"id":1,"v":"a"})"}, {.value = R"({"id":2,"v":"b"})"}, {.value = R"({"id":3,"v":"c"})"}});
  write(*sink, 3,
        {{.value = {}, .key = "1"},
         {.value = {}, .key = R"({"id":2,"x":0})"},
         {.value = {}, .key = "3"},
         {.value = R"({"id":3,"v":"again"})"}});
  BOOST_TEST((rows("SELECT id, v FROM t") == std::vector<test::sql_row>{{"3", "again"}}));
}

BOOST_AUTO_TEST_CASE(a_tombstone_is_rejected_without_delete_on_null) {
  run("CREATE TABLE t (id int PRIMARY KEY, v text)");
  const auto sink = owning(upserting());
  const auto refused = value_of(sink->write(test::memory_batch(source, 0, {{.value = {}, .key = "1"}})));
  BOOST_TEST_REQUIRE(refused.size() == 1);
  says(refused[0].why, ec::record_rejected, "\"id\" would be NULL");
}

BOOST_AUTO_TEST_CASE(the_default_table_can_be_upserted_by_key) {
  const auto sink = owning({{"mode", "upsert"}, {"key_columns", {"key"}}});
  write(*sink, 0, {{.value = "1", .key = "a"}, {.value = "2", .key = "b"}, {.value = "3", .key = "a"}});
  BOOST_TEST((rows("SELECT payload FROM orders ORDER BY kafka_offset") == std::vector<test::sql_row>{{"2"}, {"3"}}));
}

BOOST_AUTO_TEST_CASE(one_rejected_record_among_ten_thousand_is_found_and_the_others_are_written) {
  run("CREATE TABLE t (id int, v text)");
  const auto sink = owning({{"table", "t"}, {"columns", {{"id", "/id"}, {"v", "/v"}}}});
  std::vector<test::memory_record> records;
  for (int i = 0; i < 10'000; ++i) records.push_back({.value = R"({"id":)" + std::to_string(i) + "}"});
  records[6'789].value = R"({"id":"secret-value"})";
  const auto whole = std::make_shared<test::memory_batch>(source, 0, records);
  const auto refused = value_of(sink->write(*whole));
  BOOST_TEST(number("SELECT count(*) FROM t") == 0);
  BOOST_TEST_REQUIRE(refused.size() == 1);
  BOOST_TEST(refused[0].position.value == 6'789);
  says(refused[0].why, ec::record_rejected, "column \"id\"");
  BOOST_TEST(refused[0].why.message.find("22P02") != std::string::npos);
  BOOST_TEST(refused[0].why.message.find("secret") == std::string::npos);
  BOOST_TEST(value_of(sink->write(remaining_batch(whole, {{0, offset{6'789}}}))).empty());
  const auto written = number("SELECT count(DISTINCT id) FROM t");
  BOOST_TEST_MESSAGE("1 poison in 10,000: " << refused.size() << " refused, " << written << " rows");
  BOOST_TEST(written == 9'999);
  BOOST_TEST(number("SELECT next_offset FROM kafka_fetcher_offsets") == 10'000);
}

BOOST_AUTO_TEST_CASE(each_kind_of_bad_record_is_rejected_by_its_offset) {
  run("CREATE TABLE t (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, v varchar(3) CHECK (v <> 'bad'), w text NOT "
      "NULL)");
  const auto sink = owning({{"table", "t"}, {"columns", {{"id", "/id"}, {"v", "/v"}, {"w", "/w"}}}});
  const auto refused = value_of(sink->write(test::memory_batch(source, 0,
                                                               {{.value = R"({"id":1,"v":"ok","w":""})"},
                                                                {.value = "no json"},
                                                                {.value = R"({"id":2,"v":"long one","w":""})"},
                                                                {.value = R"({"id":3,"v":"bad","w":""})"},
                                                                {.value = R"({"id":4,"v":"ok"})"},
                                                                {.value = R"({"id":99999999999,"v":"ok","w":""})"},
                                                                {.value = R"({"id":6,"v":"\u0000","w":""})"},
                                                                {.value = R"({"id":1,"v":"ok","w":""})"},
                                                                {.value = {}},
                                                                {.value = R"({"id":9,"v":"ok","w":""})"}})));
  std::vector<std::int64_t> positions;
  for (const auto& rejection : refused) {
    positions.push_back(rejection.position.value);
    BOOST_TEST((rejection.why.code == ec::record_rejected), rejection.why.message);
    if (rejection.position.value == 6) says(rejection.why, ec::record_rejected, "column \"v\"");
  }
  std::ranges::sort(positions);
  BOOST_TEST((positions == std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7, 8}));
}

BOOST_AUTO_TEST_CASE(a_mismatch_with_the_table_is_reported_before_the_first_record) {
  says(refused_open({{"table", "t"}, {"create_table", false}}), ec::sink_denied,
       "does not exist, and create_table is false");
  says(refused_open({{"table", "t"}, {"columns", {{"a", "/a"}}}}), ec::sink_denied, "does not exist: make it");
  says(refused_open({{"table", "nowhere.t"}}), ec::sink_denied, "SQLSTATE 3F000");
  run("CREATE TABLE t (a int, b text NOT NULL, c int GENERATED ALWAYS AS (a + 1) STORED, d boolean)");
  says(refused_open({{"table", "t"}}), ec::sink_denied, "has no column \"kafka_topic\"");
  says(refused_open({{"table", "t"}, {"columns", {{"a", "/a"}, {"x", "/x"}}}}), ec::sink_denied, "has no column \"x\"");
  says(refused_open({{"table", "t"}, {"columns", {{"a", "/a"}}}}), ec::sink_denied, "\"b\" that is NOT NULL");
  says(refused_open({{"table", "t"}, {"columns", {{"b", "/b"}, {"c", "/c"}}}}), ec::sink_denied, "\"c\" itself");
  says(refused_open({{"table", "t"}, {"columns", {{"b", "/b"}, {"d", "$offset"}}}}), ec::sink_denied,
       "\"d\" of type boolean");
  says(refused_open(
           {{"table", "t"}, {"mode", "upsert"}, {"key_columns", {"a"}}, {"columns", {{"a", "/a"}, {"b", "/b"}}}}),
       ec::sink_denied, "unique index");
}

BOOST_AUTO_TEST_CASE(a_rejected_connection_is_reported_without_the_password) {
  const auto with = [&](const std::string& user) {
    return json{{"db_dsn", "postgresql://" + user + url.substr(url.find('@'))}};
  };
  const auto wrong = refused_open(with("kfs:not-the-password"));
  says(wrong, ec::sink_denied, "28P01");
  BOOST_TEST(wrong.message.find("not-the-password") == std::string::npos);
  says(refused_open({{"db_dsn", url + "_missing"}}), ec::sink_denied, "3D000");
  says(refused_open({{"db_dsn", "postgresql://u:pw@127.0.0.1:1/x"}}), ec::sink_unavailable, "refused");
  run("DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN PASSWORD 'guest'");
  says(refused_open(with("guest:guest")), ec::sink_denied, "42501");
}

BOOST_AUTO_TEST_CASE(the_next_host_is_tried_when_one_rejects_or_is_silent) {
  const auto silent = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  BOOST_TEST_REQUIRE(::bind(silent, reinterpret_cast<sockaddr*>(&at), size) == 0);
  BOOST_TEST_REQUIRE(::listen(silent, 1) == 0);
  ::getsockname(silent, reinterpret_cast<sockaddr*>(&at), &size);
  auto three = url + "?connect_timeout=1";
  three.insert(three.find('@') + 1, "127.0.0.1:1,127.0.0.1:" + std::to_string(ntohs(at.sin_port)) + ",");
  opened({{"db_dsn", three}});
  ::close(silent);
}

BOOST_AUTO_TEST_CASE(a_read_only_database_is_retried) {
  const auto sink = owning();
  const auto set_read_only = [&](const std::string& value) {
    const auto& elsewhere = test::shared_postgres_url();
    test::sql(elsewhere, "ALTER DATABASE " + database() + " SET default_transaction_read_only = " + value);
    test::sql(elsewhere, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" +
                             database().substr(1, database().size() - 2) + "'");
  };
  const test::memory_batch batch(source, 0, {{.value = "1"}});
  set_read_only("on");
  says(error_of(sink->write(batch)), ec::sink_unavailable, "tried again");
  says(error_of(sink->write(batch)), ec::sink_unavailable, "25006");
  set_read_only("off");
  BOOST_TEST(value_of(sink->write(batch)).empty());
  BOOST_TEST(number("SELECT count(*) FROM orders") == 1);
}

BOOST_AUTO_TEST_CASE(a_host_name_with_a_forbidden_address_is_not_connected_to) {
  environment.database_hosts = value_of(address_policy::parse({"192.0.2.0/24"}, "DATABASE_ALLOWED_HOSTS"));
  auto local = url;
  local.replace(local.find("127.0.0.1"), 9, "localhost");
  says(refused_open({{"db_dsn", local}}), ec::sink_denied, "DATABASE_ALLOWED_HOSTS");
}

BOOST_AUTO_TEST_CASE(a_statement_that_waits_for_a_lock_ends_by_cancellation_and_by_its_timeout) {
  opened();
  test::sql_session blocker(url);
  blocker.run("BEGIN; LOCK TABLE orders");
  std::stop_source stop;
  const auto sink = make(json::object(), stop.get_token());
  value_of(sink->positions(*source, std::vector<partition_number>{0}));
  bool waits = false;
  std::jthread asks([&] {
    waits = test::eventually(std::chrono::seconds(20), [&] {
      return number(
                 "SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE "
                 "datname = current_database())") > 0;
    });
    stop.request_stop();
  });
  says(error_of(sink->write(test::memory_batch(source, 0, {{.value = "1"}}))), ec::sink_unavailable, "stopping");
  asks.join();
  BOOST_TEST(waits);
  const auto impatient = owning({{"timeout_ms", 200}});
  says(error_of(impatient->write(test::memory_batch(source, 0, {{.value = "1"}}))), ec::sink_unavailable, "55P03");
}

BOOST_AUTO_TEST_CASE(the_number_of_connections_is_limited_and_every_sink_is_served) {
  environment.databases = std::make_shared<database_connections>(2, std::chrono::seconds(10));
  std::vector<sink_ptr> sinks;
  for (int i = 0; i < 5; ++i) sinks.push_back(owning({{"table", "t" + std::to_string(i)}}));
  for (int round = 0; round < 2; ++round) {
    for (auto& opened_sink : sinks) write(*opened_sink, round, {{.value = "1"}});
  }
  BOOST_TEST(
      number("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'kafka-fetcher-server' AND datname = "
             "current_database()") <= 2);
  for (auto& opened_sink : sinks) succeed(opened_sink->close());
  BOOST_TEST(test::eventually(std::chrono::seconds(10), [&] {
    return number(
               "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'kafka-fetcher-server' AND datname = "
               "current_database()") == 0;
  }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::database_columns_test
