// API keys and tenants on two replicas of one PostgreSQL.

#include <boost/test/unit_test.hpp>

#include "tests/security/guarded_server.hpp"
#include "tests/support/event_stream_client.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/postgres_server.hpp"

namespace kfs::shared_keys_test {
namespace {

using namespace kfs::security;
using namespace std::chrono_literals;

struct two_servers {
  test::postgres_server postgres;
  guarded_server one;
  guarded_server other;

  explicit two_servers(std::map<std::string, std::string> environment = {})
      : one(with(environment, "one")), other(with(environment, "other")) {}

  [[nodiscard]] std::map<std::string, std::string> with(std::map<std::string, std::string> environment,
                                                        const std::string& name) const {
    environment.emplace("DATABASE_URL", postgres.url());
    environment.emplace("REPLICA_ID", name);
    return environment;
  }
};

std::string id_of(const std::string& key) {
  return key.substr(4, key.find('_', 4) - 4);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(shared_keys)

BOOST_AUTO_TEST_CASE(a_key_holds_everywhere_at_once_and_a_revoked_one_nowhere_after_two_seconds) {
  two_servers servers;
  const auto key = servers.one.key("editor", {"payments"});
  BOOST_TEST(servers.other.send(key, "GET", "/consumers").status == 200);
  BOOST_TEST(servers.other.as_admin("DELETE", "/api-keys/" + id_of(key)).status == 204);
  BOOST_TEST(servers.other.send(key, "GET", "/consumers").status == 401);
  const auto revoked = std::chrono::steady_clock::now();
  BOOST_TEST(test::eventually(5s, [&] { return servers.one.send(key, "GET", "/consumers").status == 401; }));
  BOOST_TEST((std::chrono::steady_clock::now() - revoked < 2s));
}

BOOST_AUTO_TEST_CASE(a_new_tenant_takes_consumers_on_another_replica_at_once) {
  two_servers servers;
  const auto wide = servers.one.key("editor", {"*"});
  BOOST_TEST(servers.one.as_admin("PUT", "/tenants/fresh", json{{"quotas", {{"consumers", 1}}}}).status == 201);
  BOOST_TEST(servers.other.send(wide, "POST", "/consumers", stopped_consumer("t"), {"X-Tenant: fresh"}).status == 201);
  BOOST_TEST(servers.one.send(wide, "POST", "/consumers", stopped_consumer("t"), {"X-Tenant: fresh"}).status == 409);
}

BOOST_AUTO_TEST_CASE(who_does_not_see_the_whole_is_told_nothing_of_where_the_store_is) {
  two_servers servers;
  const auto id = servers.one.consumer("payments");
  const auto port = servers.postgres.url().substr(servers.postgres.url().rfind(':') + 1, 5);
  const auto answers = [&](const std::string& key) {
    std::string all;
    for (const auto& [method, path] :
         std::vector<std::pair<std::string, std::string>>{{"GET", "/health"},
                                                          {"GET", "/api-keys"},
                                                          {"GET", "/audit"},
                                                          {"PUT", "/tenants/payments"},
                                                          {"POST", "/pause"},
                                                          {"POST", "/consumers/" + id + "/start"},
                                                          {"GET", "/consumers/" + id + "/status"},
                                                          {"DELETE", "/consumers/" + id}}) {
      auto body = path == "/pause"           ? std::optional<json>(json{{"tenant", "payments"}})
                  : path.starts_with("/ten") ? std::optional<json>(json::object())
                                             : std::nullopt;
      all += servers.one.send(key, method, path, body).body + "\n";
    }
    return all;
  };
  const auto tenant_admin = servers.one.key("admin", {"payments"});
  const auto whole_editor = servers.one.key("editor", {"*"});
  servers.postgres.stop_immediately();
  BOOST_TEST_REQUIRE(
      test::eventually(15s, [&] { return servers.one.send(std::nullopt, "GET", "/health/ready").status == 503; }));
  const auto told = answers(tenant_admin);
  for (const auto& word : {port, std::string("127.0.0.1"), std::string("SELECT"), std::string("DATABASE_URL"),
                           std::string("kafka_fetcher")})
    BOOST_TEST(told.find(word) == std::string::npos, word << " in " << told);
  BOOST_TEST(told.find("The store of this server cannot be used now") != std::string::npos, told);
  BOOST_TEST(servers.one.process().log().find("the caller was not told all") != std::string::npos);
  for (const auto& key : {admin_key, whole_editor}) BOOST_TEST(answers(key).find(port) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_stream_of_a_known_key_ends_with_the_grace) {
  two_servers servers(std::map<std::string, std::string>{{"API_KEY_GRACE_SECONDS", "3"}});
  const auto path = "/consumers/" + servers.one.consumer("payments") + "/events";
  const auto follow = [&](const std::string& key) {
    return test::event_stream_client(servers.one.process().port(), path,
                                     "Accept: text/event-stream\r\nAuthorization: Bearer " + key + "\r\n");
  };
  auto of_key = follow(servers.one.key("viewer", {"payments"}));
  servers.postgres.stop_immediately();
  const auto stopped = std::chrono::steady_clock::now();
  BOOST_TEST(of_key.ends_in_order());
  BOOST_TEST((std::chrono::steady_clock::now() - stopped > 2s));
}

BOOST_AUTO_TEST_CASE(known_keys_serve_for_a_while_without_the_store_and_then_nobody_is_let_in) {
  two_servers servers(std::map<std::string, std::string>{{"API_KEY_GRACE_SECONDS", "3"}});
  const auto key = servers.one.key("viewer", {"payments"});
  BOOST_TEST(servers.one.send(key, "GET", "/whoami").status == 200);
  servers.postgres.stop_immediately();
  BOOST_TEST(servers.one.send(key, "GET", "/whoami").status == 200);
  BOOST_TEST(test::eventually(15s, [&] { return servers.one.send(key, "GET", "/whoami").status == 503; }));
  BOOST_TEST(servers.one.as_admin("GET", "/whoami").status == 200);
  servers.postgres.start();
  BOOST_TEST(test::eventually(15s, [&] { return servers.one.send(key, "GET", "/whoami").status == 200; }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::shared_keys_test
