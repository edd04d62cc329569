// API keys: who gets in, how long, and that nobody makes a key that can do more than its maker.

#include <boost/test/unit_test.hpp>

#include "config/base/timestamp.hpp"
#include "tests/security/guarded_server.hpp"
#include "tests/support/event_stream_client.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::api_keys_test {
namespace {

using namespace kfs::security;
using namespace std::chrono_literals;

std::string id_of(const std::string& key) {
  return key.substr(4, key.find('_', 4) - 4);
}

long status_of(guarded_server& server, const std::optional<std::string>& token) {
  return server.send(token, "GET", "/whoami").status;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(api_keys)

BOOST_AUTO_TEST_CASE(a_key_that_is_wrong_in_any_part_is_refused_without_a_hint) {
  guarded_server server;
  const auto key = server.key("viewer", {"payments"});
  BOOST_TEST(status_of(server, key) == 200);
  auto other_secret = key;
  other_secret.back() = other_secret.back() == '0' ? '1' : '0';
  const auto expected = server.send(std::nullopt, "GET", "/whoami").body;
  for (const auto& wrong :
       {other_secret, key.substr(0, key.size() - 1), key + "0", "kfs_" + id_of(key) + "_", "kfs_" + id_of(key),
        "kfs__" + key.substr(key.rfind('_') + 1), "kfs_0000000000000000_" + key.substr(key.rfind('_') + 1),
        std::string("kfs_"), std::string("x"), admin_key + "0", admin_key.substr(1), std::string(16'000, 'a'),
        std::string("eyJhbGciOiJub25lIn0.e30.")}) {
    const auto answer = server.send(wrong, "GET", "/whoami");
    BOOST_TEST(answer.status == 401, wrong.substr(0, 80));
    BOOST_TEST(answer.body == expected);
    BOOST_TEST(answer.header("www-authenticate") == "Bearer");
  }
  BOOST_TEST(server.process().log().find(key.substr(key.rfind('_') + 1)) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_token_counts_in_the_authorization_header_only) {
  guarded_server server;
  auto client = server.process().client();
  for (const std::string& header :
       {"X-Api-Key: " + admin_key, "Authorization: Basic " + admin_key, "Authorization: " + admin_key,
        "Cookie: token=" + admin_key, std::string("Authorization: Bearer")})
    BOOST_TEST(client.get("/consumers", {header}).status == 401, header);
  BOOST_TEST(client.get("/consumers?access_token=" + admin_key).status == 401);
  BOOST_TEST(client.get("/consumers", {"Authorization: bearer  " + admin_key}).status == 200);
}

BOOST_AUTO_TEST_CASE(a_header_that_is_sent_twice_names_nobody_and_blanks_around_values_mean_nothing) {
  guarded_server server;
  const auto key = server.key("viewer", {"payments"});
  auto client = server.process().client();
  const auto status = [&](std::vector<std::string> headers) {
    return client.get("/whoami", std::move(headers)).status;
  };
  BOOST_TEST(status({"Authorization: Bearer " + key}) == 200);
  BOOST_TEST(status({"Authorization: Bearer " + key, "Authorization: Bearer " + admin_key}) == 401);
  BOOST_TEST(client.get("/consumers/", {"Authorization: Bearer " + key, "X-Tenant: payments "}).status == 200);
}

BOOST_AUTO_TEST_CASE(a_key_is_shown_once_and_its_secret_is_not_stored) {
  guarded_server server;
  const auto made =
      server.as_admin("POST", "/api-keys", json{{"name", "ci"}, {"role", "viewer"}, {"tenants", {"payments"}}});
  BOOST_TEST_REQUIRE(made.status == 201, made.body);
  BOOST_TEST(made.header("cache-control") == "no-store");
  const auto key = made.parsed().at("key").get<std::string>();
  const auto listed = server.as_admin("GET", "/api-keys");
  BOOST_TEST(listed.parsed().size() == 1U);
  const auto secret = key.substr(key.rfind('_') + 1);
  BOOST_TEST(secret.size() == 64U);
  BOOST_TEST(listed.body.find(secret) == std::string::npos);
  BOOST_TEST(server.as_admin("GET", "/audit").body.find(secret) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_revoked_key_and_one_that_has_expired_are_refused) {
  guarded_server server;
  const auto key = server.key("viewer", {"payments"});
  BOOST_TEST(status_of(server, key) == 200);
  BOOST_TEST(server.as_admin("DELETE", "/api-keys/" + id_of(key)).status == 204);
  BOOST_TEST(status_of(server, key) == 401);
  BOOST_TEST(server.as_admin("DELETE", "/api-keys/" + id_of(key)).status == 404);
  const auto soon = to_rfc3339(now() + 1'500ms);
  const auto made = server.as_admin(
      "POST", "/api-keys", json{{"name", "short"}, {"role", "viewer"}, {"tenants", {"*"}}, {"expires_at", soon}});
  BOOST_TEST_REQUIRE(made.status == 201, made.body);
  const auto short_key = made.parsed().at("key").get<std::string>();
  BOOST_TEST(status_of(server, short_key) == 200);
  BOOST_TEST(test::eventually(5s, [&] { return status_of(server, short_key) == 401; }));
}

BOOST_AUTO_TEST_CASE(keys_outlive_the_server) {
  guarded_server server;
  const auto key = server.key("viewer", {"payments"});
  server.process().kill();
  server.process().start();
  auto client = server.process().client();
  BOOST_TEST(client.get("/whoami", {"Authorization: Bearer " + key}).status == 200);
}

BOOST_AUTO_TEST_CASE(nobody_makes_or_removes_a_key_beyond_what_they_may_do) {
  guarded_server server;
  const auto tenant_admin = server.key("admin", {"payments"});
  const auto make = [&](const json& body) { return server.send(tenant_admin, "POST", "/api-keys", body).status; };
  BOOST_TEST(make({{"name", "a"}, {"role", "admin"}, {"tenants", {"payments"}}}) == 201);
  BOOST_TEST(make({{"name", "a"}, {"role", "viewer"}, {"tenants", {"*"}}}) == 403);
  BOOST_TEST(make({{"name", "a"}, {"role", "viewer"}, {"tenants", {"orders"}}}) == 404);
  BOOST_TEST(make({{"name", "a"}, {"role", "viewer"}, {"tenants", {"payments", "orders"}}}) == 404);
  BOOST_TEST(make({{"name", "a"}, {"role", "viewer"}, {"tenants", {"no-such-tenant"}}}) == 404);
  const auto other = server.key("viewer", {"orders"});
  BOOST_TEST(server.send(tenant_admin, "DELETE", "/api-keys/" + id_of(other)).status == 404);
  BOOST_TEST(server.send(other, "GET", "/whoami").status == 200);
  for (const auto& each : server.send(tenant_admin, "GET", "/api-keys").parsed())
    BOOST_TEST(each.at("tenants") == json::array({"payments"}));
}

BOOST_AUTO_TEST_CASE(a_body_with_mistakes_names_each_and_makes_nothing) {
  guarded_server server;
  const std::vector<std::pair<json, std::string>> cases{
      {json::object(), "name"},
      {{{"name", ""}, {"role", "viewer"}, {"tenants", {"*"}}}, "name"},
      {{{"name", "a"}, {"role", "boss"}, {"tenants", {"*"}}}, "there is no role 'boss'"},
      {{{"name", "a"}, {"role", "viewer"}, {"tenants", json::array()}}, "tenants"},
      {{{"name", "a"}, {"role", "viewer"}, {"tenants", {"Payments"}}}, "tenants"},
      {{{"name", "a"}, {"role", "viewer"}, {"tenants", {"orders", "payments", "orders"}}}, "more than once"},
      {{{"name", "a"}, {"role", "viewer"}, {"tenants", {"*", "orders"}}}, "beside it"},
      {{{"name", "a"}, {"role", "viewer"}, {"tenants", {"*", "*"}}}, "beside it"},
      {{{"name", "a"}, {"role", "viewer"}, {"tenants", {"*"}}, {"expires_at", "tomorrow"}}, "expires_at"},
      {{{"name", "a"}, {"role", "viewer"}, {"tenants", {"*"}}, {"expires_at", "2020-01-01T00:00:00Z"}}, "future"},
      {{{"name", "a"}, {"role", "viewer"}, {"tenants", {"*"}}, {"key", "mine"}}, "key"}};
  for (const auto& [body, told] : cases) {
    const auto answer = server.as_admin("POST", "/api-keys", body);
    BOOST_TEST(answer.status == 422, body.dump());
    BOOST_TEST(answer.body.find(told) != std::string::npos, answer.body);
  }
  BOOST_TEST(server.as_admin("GET", "/api-keys").parsed().empty());
}

BOOST_AUTO_TEST_CASE(a_stream_ends_when_the_right_ends) {
  guarded_server server;
  const auto id = server.consumer("payments");
  const auto key = server.key("viewer", {"payments"});
  test::event_stream_client stream(server.process().port(), "/consumers/" + id + "/events",
                                   "Accept: text/event-stream\r\nAuthorization: Bearer " + key + "\r\n");
  BOOST_TEST(stream.head().find(" 200 ") != std::string::npos);
  BOOST_TEST(server.as_admin("DELETE", "/api-keys/" + id_of(key)).status == 204);
  const auto revoked = std::chrono::steady_clock::now();
  BOOST_TEST(stream.ends_in_order());
  BOOST_TEST((std::chrono::steady_clock::now() - revoked < 3s));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::api_keys_test
