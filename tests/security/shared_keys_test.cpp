// API keys and tenants on two replicas of one PostgreSQL.

#include <boost/test/unit_test.hpp>

#include "tests/security/guarded_server.hpp"
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
