// The store fails while requests are denied and an order about a replica is under way: afterwards the audit has each of
// them once.

#include <boost/test/unit_test.hpp>
#include <future>
#include <map>

#include "tests/security/guarded_server.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/postgres_server.hpp"

namespace kfs::audit_store_away_test {
namespace {

using namespace kfs::security;
using namespace std::chrono_literals;

json entries(guarded_server& server, const std::string& query) {
  const auto answer = server.as_admin("GET", "/audit?limit=1000" + query);
  return answer.status == 200 ? answer.parsed() : json::array();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(audit_store_away)

BOOST_AUTO_TEST_CASE(what_is_denied_and_ordered_while_the_database_is_away_is_entered_once) {
  test::postgres_server postgres;
  guarded_server server({{"DATABASE_URL", postgres.url()}, {"REPLICA_ID", "one"}});
  const auto viewer = server.key("viewer", {"payments"});
  const auto path = "/consumers/" + server.consumer("payments");
  int denied = 0;
  const auto deny = [&](int count) {
    for (int i = 0; i < count; ++i) {
      const auto id = "denied-" + std::to_string(denied++);
      BOOST_TEST(server.send(viewer, "DELETE", path, std::nullopt, {"X-Request-Id: " + id}).status == 403);
    }
  };
  // The order waits for a row, so that it is under way when the database freezes.
  auto locked = std::make_unique<test::sql_session>(postgres.url());
  locked->run("BEGIN; SELECT * FROM kafka_fetcher.replicas FOR UPDATE");
  auto ordered = std::async(std::launch::async, [client = server.process().client()]() mutable {
    return client.send({.method = "POST",
                        .path = "/cluster/replicas/one/resume",
                        .body = std::nullopt,
                        .headers = {"Authorization: Bearer " + admin_key}});
  });
  BOOST_TEST_REQUIRE(test::eventually(5s, [&] {
    return test::sql_number(postgres.url(), "SELECT count(*) FROM kafka_fetcher.audit WHERE outcome = 'pending'") == 1;
  }));
  deny(20);
  postgres.freeze();  // what is written now may be stored or not
  deny(100);
  postgres.kill();
  BOOST_TEST(ordered.get().status == 503);
  deny(100);
  BOOST_TEST(test::eventually(10s, [&] { return server.send(std::nullopt, "GET", "/health/ready").status == 503; }));
  locked.reset();
  postgres.start();
  std::map<std::string, int> times;
  BOOST_TEST(test::eventually(30s, [&] {
    times.clear();
    for (const auto& entry : entries(server, "&action=consumer.delete")) ++times[entry.at("request_id")];
    return times.size() >= static_cast<std::size_t>(denied);
  }));
  BOOST_TEST(times.size() == static_cast<std::size_t>(denied));
  for (const auto& [id, count] : times) BOOST_TEST(count == 1, id << " is there " << count << " times");
  json order;
  BOOST_TEST(test::eventually(10s,
                              [&] {
                                const auto found = entries(server, "&action=replica.resume");
                                order = found.empty() ? json() : found.front();
                                return found.size() == 1 && order.at("outcome") != "pending";
                              }),
             order.dump());
  BOOST_TEST(order.at("outcome") == "failed");
  BOOST_TEST(order.at("status") == 503);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::audit_store_away_test
