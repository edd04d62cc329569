// The server is killed; the database stops, freezes or ends sessions; two servers write at once. Every record is in the
// table exactly once.

#include <fmt/format.h>

#include <signal.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <random>

#include "tests/fault/consuming.hpp"
#include "tests/support/background.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/postgres_server.hpp"

namespace kfs::database_faults_test {

using namespace kfs::fault;
using namespace std::chrono_literals;

namespace {

constexpr int topic_partitions = 4;
constexpr std::size_t width = 99;

unsigned seed() {
  const char* given = std::getenv("KFS_TEST_SEED");
  return given == nullptr ? std::random_device{}() : static_cast<unsigned>(std::strtoul(given, nullptr, 10));
}

/// A server that writes a topic to a table of its own PostgreSQL.
struct into_postgres {
  test::postgres_server postgres;
  record_flow flow{test::shared_bootstrap_servers(), topic_partitions, width};
  test::server_process server;
  test::http_client client = server.client();
  std::string group = test::unique_name("group");
  std::string path;
  std::int64_t produced = 0;

  [[nodiscard]] json body(const json& options, const json& more = json::object()) const {
    const auto servers = flow.bootstrap_servers();
    const auto colon = servers.rfind(':');
    json config{{"db_dsn", postgres.url()}, {"table", "t"}, {"timeout_ms", 2'000}};
    config.update(more);
    return {{"broker_ip", servers.substr(0, colon)},
            {"broker_port", std::stoi(servers.substr(colon + 1))},
            {"topic", flow.topic()},
            {"consumer_group", group},
            {"auto_start", true},
            {"processor_configs", json::array({{{"processor_type", "database_sync"}, {"config", config}}})},
            {"options", options}};
  }

  static std::string made_by(test::http_client& by, const json& consumer) {
    const auto answered = by.post("/consumers", consumer);
    BOOST_TEST_REQUIRE(answered.status == 201, answered.body);
    return "/consumers/" + answered.parsed().at("consumer_id").get<std::string>();
  }

  /// Short back-offs, because each test causes many faults within a minute.
  void create(json options = json::object()) {
    options["recovery"] = {{"max_backoff_ms", 1'000}};
    path = made_by(client, body(options));
  }

  void produce(int count) {
    flow.produce(count);
    produced += count;
  }

  void start_server() {
    server.start();
    client = server.client();
  }

  json consumer() { return client.get(path).parsed(); }

  /// Returns 0 also while the table does not exist or the database does not answer.
  [[nodiscard]] std::int64_t rows() const {
    try {
      return test::sql_number(postgres.url(), "SELECT count(*) FROM t");
    } catch (const std::runtime_error&) {
      return 0;
    }
  }

  [[nodiscard]] bool arrive(std::int64_t count, std::chrono::milliseconds within = 90s) const {
    return test::eventually(within, [&] { return rows() >= count; });
  }

  void check_exact(const std::string& what) {
    BOOST_TEST(arrive(produced), what);
    client.post(path + "/stop");
    const auto count = rows();
    const auto distinct = test::sql_number(
        postgres.url(), "SELECT count(*) FROM (SELECT DISTINCT kafka_topic, kafka_partition, kafka_offset FROM t) d");
    std::int64_t in_log = 0;
    for (int partition = 0; partition < topic_partitions; ++partition)
      in_log += flow.kafka().log_end(flow.topic(), partition);
    say(fmt::format("{}: {} records, {} rows, {} distinct, {} lost, {} duplicated", what, in_log, count, distinct,
                    in_log - distinct, count - distinct));
    BOOST_TEST(in_log == produced);
    BOOST_TEST(distinct == in_log, what);
    BOOST_TEST(count == distinct, what);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(database_faults, into_postgres)

BOOST_AUTO_TEST_CASE(twenty_kills_at_random_moments_lose_and_duplicate_nothing) {
  constexpr int kills = 20;
  constexpr int records_a_kill = 20'000;
  const auto seeded = seed();
  say(fmt::format("KFS_TEST_SEED={}", seeded));
  std::mt19937 random{seeded};
  int amid = 0;
  create({{"batch", {{"max_messages", 500}}}});
  for (int kill = 0; kill < kills; ++kill) {
    const auto before = rows();
    const auto grown = std::uniform_int_distribution<std::int64_t>{0, records_a_kill * 9 / 10}(random);
    test::background producer([&] { produce(records_a_kill); });
    BOOST_TEST_REQUIRE(test::eventually(
        90s, [&] { return rows() >= before + grown; }, 2ms));
    server.kill();
    producer.finish();
    amid += rows() < produced ? 1 : 0;
    start_server();
  }
  check_exact(fmt::format("{} kills, {} of them amid the flow", kills, amid));
  BOOST_TEST(amid > 0);
}

BOOST_AUTO_TEST_CASE(a_kill_between_any_two_steps_loses_and_duplicates_nothing) {
  int kills = 0;
  create({{"batch", {{"max_messages", 100}}}});
  for (const auto* point :
       {"database.before_copy", "database.after_copy", "database.before_commit", "database.after_commit"}) {
    for (const int hit : {1, 3}) {
      server.stop();
      produce(2'000);
      server.start_with_faults({{"KFS_FAULT_POINT", point}, {"KFS_FAULT_HIT", std::to_string(hit)}});
      BOOST_TEST_REQUIRE(test::eventually(60s, [&] { return !server.process().running(); }),
                         point << " was not reached " << hit << " times");
      ++kills;
      start_server();
      BOOST_TEST(arrive(produced), point);
    }
  }
  check_exact(fmt::format("{} kills between two steps", kills));
}

BOOST_AUTO_TEST_CASE(a_database_that_stops_at_once_and_restarts_has_every_record_once) {
  constexpr int stops = 3;
  create({{"batch", {{"max_messages", 500}}}});
  for (int stop = 0; stop < stops; ++stop) {
    const auto before = rows();
    test::background producer([&] { produce(40'000); });
    BOOST_TEST_REQUIRE(arrive(before + 5'000));
    postgres.stop_immediately();
    producer.finish();
    produce(1'000);  // all before may have been written by now
    BOOST_TEST_REQUIRE(test::eventually(
        30s, [&] { return consumer().at("status") == "ERROR"; }, 100ms));
    const auto fault = consumer().at("last_error");
    BOOST_TEST(fault.at("code") == "sink_unavailable", fault.dump());
    postgres.start();
    BOOST_TEST(arrive(produced));
    BOOST_TEST(test::eventually(
        30s, [&] { return consumer().at("status") == "ACTIVE"; }, 100ms));
  }
  check_exact(fmt::format("{} immediate stops", stops));
}

BOOST_AUTO_TEST_CASE(sessions_that_are_terminated_under_load_lose_and_duplicate_nothing) {
  constexpr int rounds = 10;
  std::int64_t terminated = 0;
  create({{"batch", {{"max_messages", 500}}}});
  for (int round = 0; round < rounds; ++round) {
    const auto before = rows();
    test::background producer([&] { produce(10'000); });
    BOOST_TEST_REQUIRE(arrive(before + 1'000));
    terminated += test::sql_number(postgres.url(),
                                   "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE "
                                   "application_name = 'kafka-fetcher-server'");
    producer.finish();
    BOOST_TEST(arrive(produced));
  }
  check_exact(fmt::format("{} sessions terminated", terminated));
  BOOST_TEST(terminated >= rounds);
}

BOOST_AUTO_TEST_CASE(a_frozen_database_is_noticed_and_used_again_after_it_thaws) {
  create({{"batch", {{"max_messages", 500}}}});
  produce(5'000);
  BOOST_TEST_REQUIRE(arrive(produced));
  const auto pids =
      test::sql(postgres.url(), "SELECT pid FROM pg_stat_activity WHERE application_name = 'kafka-fetcher-server'");
  BOOST_TEST_REQUIRE(!pids.empty());
  const auto session = static_cast<pid_t>(std::stol(pids.at(0).at(0).value()));
  ::kill(session, SIGSTOP);
  produce(5'000);
  BOOST_TEST(test::eventually(
      20s, [&] { return consumer().at("status") == "ERROR"; }, 100ms));
  say("frozen: " + consumer().at("last_error").at("message").get<std::string>());
  BOOST_TEST(arrive(produced), "a new session is made, while the frozen one holds no lock");
  ::kill(session, SIGCONT);
  check_exact("a frozen session");
}

BOOST_AUTO_TEST_CASE(two_servers_that_read_the_same_partitions_never_write_a_record_twice) {
  const json same{{"partitions", {0, 1, 2, 3}}, {"batch", {{"max_messages", 200}}}};
  produce(20'000);
  create(same);
  BOOST_TEST_REQUIRE(arrive(1'000));
  test::server_process second;
  auto second_client = second.client();
  made_by(second_client, body(same));
  produce(20'000);
  BOOST_TEST(arrive(produced));
  check_exact("two writers");
  second_client.post(path + "/stop");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::database_faults_test
