// The audit: what is done and what is denied stands in it, with who, by which rule and what came of it.

#include <boost/test/unit_test.hpp>

#include "tests/security/guarded_server.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::audit_test {
namespace {

using namespace kfs::security;
using namespace std::chrono_literals;

json entries(guarded_server& server, const std::string& query = "") {
  const auto answer = server.as_admin("GET", "/audit" + query);
  BOOST_TEST_REQUIRE(answer.status == 200, answer.body);
  return answer.parsed();
}

/// The last entry of an action, as soon as there is one.
json last_of(guarded_server& server, const std::string& action, const std::string& decision = "allow") {
  json found;
  const bool came = test::eventually(5s, [&] {
    for (const auto& entry : entries(server, "?limit=1000&action=" + action)) {
      if (entry.at("decision") == decision) found = entry;
    }
    return !found.is_null();
  });
  BOOST_TEST_REQUIRE(came, action << " is not in the audit");
  return found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(audit)

BOOST_AUTO_TEST_CASE(each_change_of_a_consumer_is_entered_with_who_what_and_why) {
  guarded_server server;
  const auto editor = server.key("editor", {"payments"});
  const auto made = server.send(editor, "POST", "/consumers/", stopped_consumer("t"),
                                {"X-Audit-Reason: ticket 7", "X-Request-Id: request-1"});
  BOOST_TEST_REQUIRE(made.status == 201);
  const auto id = made.parsed().at("consumer_id").get<std::string>();
  const auto path = "/consumers/" + id;
  const auto created = last_of(server, "consumer.create");
  BOOST_TEST(created.at("request_id") == "request-1");
  BOOST_TEST(created.at("actor").at("kind") == "api_key");
  BOOST_TEST(created.at("actor").at("name") == "editor");
  BOOST_TEST(created.at("actor").at("credential_id") == editor.substr(4, 16));
  BOOST_TEST(created.at("source") == "127.0.0.1");
  BOOST_TEST(created.at("tenant") == "payments");
  BOOST_TEST(created.at("consumer_id") == id);
  BOOST_TEST(created.at("rule") == "role editor of API key " + editor.substr(4, 16));
  BOOST_TEST(created.at("reason") == "ticket 7");
  BOOST_TEST(created.at("status") == 201);
  BOOST_TEST(created.at("revision_before").is_null());
  BOOST_TEST(created.at("revision_after") == 1);
  BOOST_TEST(server.send(editor, "PUT", path, json{{"options", {{"instances", 2}}}}).status == 200);
  const auto changed = last_of(server, "consumer.update");
  BOOST_TEST(changed.at("revision_before") == 1);
  BOOST_TEST(changed.at("revision_after") == 2);
  BOOST_TEST(server.send(editor, "POST", path + "/start").status == 200);
  BOOST_TEST(last_of(server, "consumer.start").at("consumer_id") == id);
  BOOST_TEST(server.send(editor, "POST", path + "/stop").status == 200);
  BOOST_TEST(last_of(server, "consumer.stop").at("consumer_id") == id);
  BOOST_TEST(server.send(editor, "DELETE", path).status == 204);
  BOOST_TEST(last_of(server, "consumer.delete").at("consumer_id") == id);
  BOOST_TEST(entries(server, "?limit=1000&consumer_id=" + id).size() == 5U);
}

BOOST_AUTO_TEST_CASE(what_is_denied_and_what_is_wrong_is_entered_once) {
  guarded_server server;
  const auto id = server.consumer("payments");
  const auto viewer = server.key("viewer", {"payments"});
  BOOST_TEST(server.send(viewer, "DELETE", "/consumers/" + id).status == 403);
  const auto denied = last_of(server, "consumer.delete", "deny");
  BOOST_TEST(denied.at("status") == 403);
  BOOST_TEST(denied.at("actor").at("name") == "viewer");
  BOOST_TEST(denied.at("rule").is_null());
  const auto stranger = server.key("viewer", {"orders"});
  BOOST_TEST(server.send(stranger, "GET", "/consumers/" + id).status == 404);
  BOOST_TEST(last_of(server, "consumer.get", "deny").at("status") == 404);
  BOOST_TEST(server.as_admin("POST", "/consumers", json::object()).status == 422);
  BOOST_TEST(test::eventually(5s, [&] {
    const auto created = entries(server, "?limit=1000&action=consumer.create");
    return created.size() == 2U && created.back().at("status") == 422;
  }));
}

BOOST_AUTO_TEST_CASE(reads_are_not_entered) {
  guarded_server server;
  const auto id = server.consumer("payments");
  last_of(server, "consumer.create");
  const auto before = entries(server, "?limit=1000").size();
  for (const auto& path :
       {std::string("/consumers"), "/consumers/" + id, std::string("/health"), std::string("/audit")})
    BOOST_TEST(server.as_admin("GET", path).status == 200);
  server.as_admin("POST", "/access/check", json{{"permission", "consumers:view"}});
  server.as_admin("POST", "/consumers/" + id + "/stop");
  last_of(server, "consumer.stop");
  BOOST_TEST(entries(server, "?limit=1000").size() == before + 1);
}

BOOST_AUTO_TEST_CASE(a_caller_sees_the_entries_of_its_tenants_only) {
  guarded_server server;
  server.consumer("payments");
  server.consumer("orders");
  const auto tenant_admin = server.key("admin", {"payments"});
  const auto seen = server.send(tenant_admin, "GET", "/audit?limit=1000").parsed();
  BOOST_TEST(!seen.empty());
  for (const auto& entry : seen) BOOST_TEST(entry.at("tenant") == "payments");
  BOOST_TEST(server.send(tenant_admin, "GET", "/audit?tenant=orders").parsed().empty());
}

BOOST_AUTO_TEST_CASE(no_entry_tells_a_tenant_whether_something_exists_in_another_one) {
  guarded_server server;
  const auto tenant_admin = server.key("admin", {"payments"});
  const auto hidden_consumer = server.consumer("orders");
  const auto hidden_key = server.key("viewer", {"orders"}).substr(4, 16);
  const std::string no_consumer = "123e4567-e89b-42d3-a456-426614174000";
  const std::string no_key = "0123456789abcdef";
  // What the tenant sees of one request, and how many entries it made.
  const auto seen = [&](const std::string& method, const std::string& path, const std::string& id,
                        const std::optional<json>& body) {
    const auto last = [&] {
      const auto all = entries(server, "?limit=1000");
      return all.back().at("id").get<std::int64_t>();
    };
    const auto before = last();
    server.send(tenant_admin, method, path, body);
    // Entries are written one after the other: once this one is there, so is the one of the request.
    server.send(tenant_admin, "POST", "/consumers", json::object());
    std::string told;
    BOOST_TEST_REQUIRE(test::eventually(5s, [&] {
      const auto shown = server.send(tenant_admin, "GET", "/audit?limit=1000&after=" + std::to_string(before)).parsed();
      told.clear();
      for (auto entry : shown) {
        for (const char* differs : {"at", "request_id"}) entry.erase(differs);
        entry["id"] = entry.at("id").get<std::int64_t>() - before;
        told += entry.dump() + "\n";
      }
      return !shown.empty() && shown.back().at("action") == "consumer.create";
    }));
    for (auto at = told.find(id); at != std::string::npos; at = told.find(id)) told.replace(at, id.size(), "ID");
    return told;
  };
  const std::vector<std::tuple<std::string, std::string, std::optional<json>>> of_consumers{
      {"GET", "", std::nullopt},
      {"GET", "/status", std::nullopt},
      {"GET", "/events", std::nullopt},
      {"GET", "/lag", std::nullopt},
      {"PUT", "", json{{"topic", "other"}}},
      {"PUT", "/offsets?dry_run=true", json{{"to", "earliest"}}},
      {"POST", "/start", std::nullopt},
      {"POST", "/stop", std::nullopt},
      {"POST", "/pause", json::object()},
      {"POST", "/restart", std::nullopt},
      {"DELETE", "", std::nullopt}};
  for (const auto& [method, rest, body] : of_consumers) {
    const auto of_hidden = seen(method, "/consumers/" + hidden_consumer + rest, hidden_consumer, body);
    BOOST_TEST(of_hidden == seen(method, "/consumers/" + no_consumer + rest, no_consumer, body));
    BOOST_TEST(of_hidden.find("deny") != std::string::npos, of_hidden);
  }
  BOOST_TEST(seen("DELETE", "/api-keys/" + hidden_key, hidden_key, std::nullopt) ==
             seen("DELETE", "/api-keys/" + no_key, no_key, std::nullopt));
  BOOST_TEST(seen("GET", "/consumergroups?consumer_id=" + hidden_consumer, hidden_consumer, std::nullopt) ==
             seen("GET", "/consumergroups?consumer_id=" + no_consumer, no_consumer, std::nullopt));
  BOOST_TEST(seen("PUT", "/tenants/orders", "orders", json::object()) ==
             seen("PUT", "/tenants/no-such", "no-such", json::object()));
  BOOST_TEST(seen("POST", "/pause", "orders", json{{"tenant", "orders"}}) ==
             seen("POST", "/pause", "no-such", json{{"tenant", "no-such"}}));
}

BOOST_AUTO_TEST_CASE(entries_are_paged_by_id_and_filtered) {
  guarded_server server;
  for (int i = 0; i < 5; ++i) server.consumer("payments");
  std::vector<std::int64_t> ids;
  std::int64_t after = 0;
  for (;;) {
    const auto page = entries(server, "?limit=2&action=consumer.create&after=" + std::to_string(after));
    if (page.empty()) break;
    BOOST_TEST(page.size() <= 2U);
    for (const auto& entry : page) ids.push_back(after = entry.at("id").get<std::int64_t>());
  }
  BOOST_TEST(ids.size() == 5U);
  BOOST_TEST(std::ranges::is_sorted(ids));
  for (const char* beyond : {"1000000", "9223372036854775806"})
    BOOST_TEST(entries(server, std::string("?limit=1&after=") + beyond).empty(), beyond);
  for (const char* beyond : {"9223372036854775807", "18446744073709551616"})
    BOOST_TEST(server.as_admin("GET", std::string("/audit?after=") + beyond).status == 422, beyond);
  BOOST_TEST(entries(server, "?actor=nobody").empty());
  BOOST_TEST(entries(server, "?to=2020-01-01T00:00:00Z").empty());
  BOOST_TEST(!entries(server, "?from=2020-01-01T00:00:00Z").empty());
  BOOST_TEST(server.as_admin("GET", "/audit?from=yesterday").status == 422);
  BOOST_TEST(server.as_admin("GET", "/audit?limit=1001").status == 422);
}

BOOST_AUTO_TEST_CASE(no_entry_holds_a_secret_or_a_body) {
  guarded_server server;
  auto body = stopped_consumer("t");
  body["processor_configs"] = json::array(
      {{{"processor_type", "database_sync"}, {"config", {{"db_dsn", "postgresql://u:hidden-word@127.0.0.11/d"}}}}});
  BOOST_TEST(server.as_admin("POST", "/consumers", body).status == 201);
  last_of(server, "consumer.create");
  const auto all = server.as_admin("GET", "/audit?limit=1000").body;
  BOOST_TEST(all.find("hidden-word") == std::string::npos);
  BOOST_TEST(all.find(admin_key) == std::string::npos);
  BOOST_TEST(server.process().log().find("hidden-word") == std::string::npos);
  BOOST_TEST(server.process().log().find(admin_key) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_key_that_stands_in_a_path_by_mistake_is_neither_in_the_audit_nor_in_the_log) {
  guarded_server server;
  const auto key = server.key("viewer", {"payments"});
  const auto secret = key.substr(21);
  auto encoded = key;
  for (auto at = encoded.find('_'); at != std::string::npos; at = encoded.find('_')) encoded.replace(at, 1, "%5F");
  for (const auto& text : {key, encoded}) {
    server.as_admin("POST", "/cluster/replicas/" + text + "/drain");
    server.as_admin("PUT", "/tenants/" + text, json::object());
    server.as_admin("DELETE", "/api-keys/" + text);
    server.as_admin("GET", "/consumers/" + text);
  }
  BOOST_TEST(test::eventually(5s, [&] { return entries(server, "?limit=1000&action=api_key.delete").size() == 2U; }));
  BOOST_TEST(entries(server, "?limit=1000").dump().find(secret) == std::string::npos);
  BOOST_TEST(server.process().log().find(secret) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(
    entries_tell_the_consumer_and_tenant_of_denied_and_malformed_requests_and_the_status_that_was_sent) {
  guarded_server server;
  const auto id = server.consumer("payments");
  const auto viewer = server.key("viewer", {"payments"});
  BOOST_TEST(server.send(viewer, "PUT", "/consumers/" + id, json::object()).status == 403);
  BOOST_TEST(last_of(server, "consumer.update", "deny").at("consumer_id") == id);
  const auto editor = server.key("editor", {"payments"});
  BOOST_TEST(server.process()
                 .client()
                 .send({.method = "PUT",
                        .path = "/consumers/" + id,
                        .body = "{",
                        .headers = {"Authorization: Bearer " + editor}})
                 .status == 422);
  const auto malformed = last_of(server, "consumer.update");
  BOOST_TEST(malformed.at("consumer_id") == id);
  BOOST_TEST(malformed.at("tenant") == "payments");
  BOOST_TEST(server.as_admin("PUT", "/tenants/fresh", json::object()).status == 201);
  BOOST_TEST(last_of(server, "tenant.put").at("status") == 201);
  BOOST_TEST(server.as_admin("PUT", "/tenants/fresh", json::object()).status == 200);
  BOOST_TEST(last_of(server, "tenant.put").at("status") == 200);
}

BOOST_AUTO_TEST_CASE(the_audit_outlives_the_server) {
  guarded_server server;
  const auto id = server.consumer("payments");
  server.process().kill();
  server.process().start();
  auto client = server.process().client();
  const auto found = client.get("/audit?consumer_id=" + id, {"Authorization: Bearer " + admin_key}).parsed();
  BOOST_TEST(found.size() == 1U);
}

BOOST_AUTO_TEST_CASE(requests_without_a_token_since_the_last_minute_are_entered_when_the_server_ends) {
  guarded_server server;
  for (int i = 0; i < 3; ++i) BOOST_TEST(server.process().client().get("/consumers").status == 401);
  BOOST_TEST(server.process().stop() == 0);
  server.process().start();
  auto client = server.process().client();
  const auto found =
      client.get("/audit?action=access.unauthenticated", {"Authorization: Bearer " + admin_key}).parsed();
  BOOST_TEST_REQUIRE(found.size() == 1U);
  BOOST_TEST(found.at(0).at("reason").get<std::string>().starts_with("3 requests"), found);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::audit_test
