#include "tests/security/guarded_server.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/eventually.hpp"

namespace kfs::security {
namespace {

std::map<std::string, std::string> with_keys(std::map<std::string, std::string> environment) {
  environment.emplace("AUTH_MODE", "api_key");
  environment.emplace("ADMIN_API_KEY", admin_key);
  environment.emplace("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1");
  return environment;
}

}  // namespace

guarded_server::guarded_server(std::map<std::string, std::string> environment)
    : process_(with_keys(std::move(environment))), client_(process_.client()) {
  // With PostgreSQL the server becomes ready a moment after it listens.
  BOOST_TEST_REQUIRE(
      test::eventually(std::chrono::seconds(20), [&] { return client_.get("/health/ready").status == 200; }));
  for (const char* tenant : {"payments", "orders"}) {
    const auto status = as_admin("PUT", std::string("/tenants/") + tenant, json::object()).status;
    BOOST_TEST_REQUIRE((status == 201 || status == 200));
  }
}

test::http_response guarded_server::send(const std::optional<std::string>& token, const std::string& method,
                                         const std::string& path, const std::optional<json>& body,
                                         header_list headers) {
  if (token) headers.push_back("Authorization: Bearer " + *token);
  return client_.send({.method = method,
                       .path = path,
                       .body = body ? std::optional(body->dump()) : std::nullopt,
                       .headers = std::move(headers)});
}

std::string guarded_server::key(const std::string& role, const std::vector<std::string>& tenants) {
  const auto made = as_admin("POST", "/api-keys", json{{"name", role}, {"role", role}, {"tenants", tenants}});
  BOOST_TEST_REQUIRE(made.status == 201, made.body);
  return made.parsed().at("key").get<std::string>();
}

std::string guarded_server::consumer(const std::string& tenant, const std::string& topic) {
  auto body = stopped_consumer(topic);
  body["tenant"] = tenant;
  const auto made = as_admin("POST", "/consumers/", body);
  BOOST_TEST_REQUIRE(made.status == 201, made.body);
  return made.parsed().at("consumer_id").get<std::string>();
}

json stopped_consumer(const std::string& topic) {
  return {{"broker_ip", "127.0.0.10"},
          {"broker_port", 9092},
          {"topic", topic},
          {"consumer_group", test::unique_name("group")},
          {"auto_start", false},
          {"processor_configs", json::array()}};
}

}  // namespace kfs::security
