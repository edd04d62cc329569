// The server with its consumers in a real PostgreSQL that is stopped, frozen and restarted.

#include <signal.h>

#include <boost/test/unit_test.hpp>

#include "tests/integration/running_server.hpp"
#include "tests/support/postgres_server.hpp"

namespace kfs::postgres_store_test {

using namespace kfs::integration;
using namespace std::chrono_literals;
using test::eventually;

namespace {

struct server_on_postgres {
  test::postgres_server postgres;
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  test::server_process process{{{"DATABASE_URL", postgres.url()}, {"REPLICA_ID", "one"}}};
  std::string topic = kafka.new_topic();
  std::string group = test::unique_name("group");
  std::string path;
  std::filesystem::path out = process.files() / "out.log";

  server_on_postgres() {
    BOOST_TEST_REQUIRE(becomes_ready(process));
    const auto made = process.client().post("/consumers/", consumer_body(kafka.bootstrap_servers(), topic, group, out));
    BOOST_REQUIRE_EQUAL(made.status, 201);
    path = path_of(made.parsed());
  }

  static int ready(const test::server_process& asked) { return asked.client().get("/health/ready").status; }

  static bool becomes_ready(const test::server_process& asked) {
    return eventually(patience, [&] { return ready(asked) == 200; });
  }

  /// Checks that the consumer writes a record that is produced now.
  bool grows() {
    const auto before = line_count(out);
    kafka.produce_numbered(topic, 1);
    return eventually(patience, [&] { return line_count(out) == before + 1; });
  }

  /// Checks that reads are answered, writes fail in time, and the consumer stops at the end of its lease and says why.
  void answers_without_a_store() {
    BOOST_TEST(eventually(patience, [&] { return ready(process) == 503; }));
    BOOST_TEST(eventually(patience, [&] {
      const auto seen = process.client().get(path);
      return seen.status == 200 && seen.parsed().at("status") == "ERROR" &&
             seen.parsed().at("last_error").at("code") == "lease_lost";
    }));
    const auto asked_at = std::chrono::steady_clock::now();
    const auto refused = process.client().post(path + "/stop");
    BOOST_TEST((std::chrono::steady_clock::now() - asked_at < 15s));
    BOOST_TEST(refused.status == 503);
    BOOST_TEST(!refused.header("retry-after").empty());
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(postgres_store, server_on_postgres)

BOOST_AUTO_TEST_CASE(consumers_survive_kill_9_and_the_log_never_shows_the_password) {
  process.kill();
  process.start();
  BOOST_TEST(becomes_ready(process));
  BOOST_TEST(process.client().get(path).status == 200);
  BOOST_TEST(grows());
  BOOST_TEST(process.log().find("kfs:kfs") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_stopped_postgresql_stops_consumers_and_fails_writes_until_it_restarts) {
  BOOST_TEST_REQUIRE(grows());
  postgres.stop_immediately();
  answers_without_a_store();
  postgres.start();
  BOOST_TEST(becomes_ready(process));
  BOOST_TEST(grows());
  BOOST_TEST(process.client().post(path + "/stop").status == 200);
}

BOOST_AUTO_TEST_CASE(a_frozen_postgresql_delays_no_request_and_works_again_after_it_thaws) {
  BOOST_TEST_REQUIRE(grows());
  std::vector<pid_t> sessions;
  for (const auto& row : test::sql(postgres.url(),
                                   "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND"
                                   " pid <> pg_backend_pid()"))
    sessions.push_back(std::stoi(row.at(0).value()));
  BOOST_TEST(sessions.size() == 3U);  // of the store, the leases and the news
  postgres.freeze();
  for (const auto session : sessions) ::kill(session, SIGSTOP);
  answers_without_a_store();
  postgres.thaw();
  for (const auto session : sessions) ::kill(session, SIGCONT);
  BOOST_TEST(becomes_ready(process));
  BOOST_TEST(grows());
  BOOST_TEST(process.client().post(path + "/stop").status == 200);
}

BOOST_AUTO_TEST_CASE(a_server_that_starts_before_postgresql_waits_for_it) {
  process.stop();
  postgres.stop_immediately();
  process.start();
  BOOST_TEST(ready(process) == 503);
  BOOST_TEST(process.client().get("/consumers/").status == 503);
  postgres.start();
  BOOST_TEST(becomes_ready(process));
  BOOST_TEST(grows());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::postgres_store_test
