// Tenants: what one of them does, sees and uses stays within it.

#include <boost/test/unit_test.hpp>
#include <set>

#include "tests/security/guarded_server.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::tenants_test {
namespace {

using namespace kfs::security;
using namespace std::chrono_literals;

std::set<std::string> ids_in(const json& consumers) {
  std::set<std::string> ids;
  for (const auto& each : consumers) ids.insert(each.at("consumer_id").get<std::string>());
  return ids;
}

json made_by(guarded_server& server, const std::string& token, const json& body, header_list headers = {}) {
  const auto made = server.send(token, "POST", "/consumers/", body, std::move(headers));
  BOOST_TEST_REQUIRE(made.status == 201, made.body);
  return made.parsed();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tenants)

BOOST_AUTO_TEST_CASE(a_consumer_belongs_to_the_only_tenant_of_its_maker_or_to_the_one_that_is_named) {
  guarded_server server;
  BOOST_TEST(made_by(server, server.key("editor", {"payments"}), stopped_consumer("t")).at("tenant") == "payments");
  const auto both = server.key("editor", {"payments", "orders"});
  const auto unnamed = server.send(both, "POST", "/consumers", stopped_consumer("t"));
  BOOST_TEST(unnamed.status == 422);
  BOOST_TEST(unnamed.body.find("X-Tenant") != std::string::npos);
  BOOST_TEST(made_by(server, both, stopped_consumer("t"), {"X-Tenant: orders"}).at("tenant") == "orders");
  auto body = stopped_consumer("t");
  body["tenant"] = "orders";
  BOOST_TEST(made_by(server, both, body).at("tenant") == "orders");
  BOOST_TEST(server.send(both, "POST", "/consumers", body, {"X-Tenant: payments"}).status == 422);
  BOOST_TEST(made_by(server, admin_key, stopped_consumer("t")).at("tenant") == "default");
  for (const char* wrong : {"no-such-tenant", "Payments", "../orders"}) {
    const auto status =
        server.send(both, "POST", "/consumers", stopped_consumer("t"), {std::string("X-Tenant: ") + wrong}).status;
    BOOST_TEST(status == 404, wrong);
  }
}

BOOST_AUTO_TEST_CASE(lists_groups_health_cluster_and_metrics_show_the_own_consumers_only) {
  guarded_server server;
  const auto own = server.consumer("payments", "own");
  const auto other = server.consumer("orders", "other");
  const auto viewer = server.key("viewer", {"payments"});
  for (const char* path : {"/consumers", "/health", "/cluster", "/metrics", "/consumergroups",
                           "/consumers?tenant=orders", "/consumers?topic=other", "/api/health"}) {
    const auto answer = server.send(viewer, "GET", path);
    BOOST_TEST(answer.status == 200, path << answer.body);
    BOOST_TEST(answer.body.find(other) == std::string::npos, path << answer.body);
    BOOST_TEST(answer.body.find("\"other\"") == std::string::npos, path << answer.body);
  }
  const auto list = server.send(viewer, "GET", "/consumers");
  BOOST_TEST((ids_in(list.parsed()) == std::set<std::string>{own}));
  BOOST_TEST(list.header("x-total-count") == "1");
  BOOST_TEST(server.send(viewer, "GET", "/health").parsed().at("consumers").size() == 1U);
  BOOST_TEST(server.send(viewer, "GET", "/consumergroups").parsed().at("consumer_groups").size() == 1U);
  const auto metrics = server.send(viewer, "GET", "/metrics").body;
  BOOST_TEST(metrics.find(own) != std::string::npos);
  BOOST_TEST(metrics.find("kafka_fetcher_http") == std::string::npos);
  BOOST_TEST(server.send(viewer, "GET", "/consumergroups?all_groups=true").status == 403);
  BOOST_TEST(server.send(viewer, "GET", "/consumergroups?consumer_id=" + own).status == 200);
  BOOST_TEST(server.send(viewer, "GET", "/consumergroups?consumer_id=" + other).status == 404);
  BOOST_TEST((ids_in(server.as_admin("GET", "/consumers").parsed()) == std::set<std::string>{own, other}));
}

BOOST_AUTO_TEST_CASE(a_pause_of_all_is_one_of_the_consumers_that_the_caller_may_operate) {
  guarded_server server;
  const auto own = server.consumer("payments", "own");
  const auto other = server.consumer("orders", "other");
  const auto runs = server.key("operator", {"payments"});
  const auto paused = [&](const std::string& id) {
    return server.as_admin("GET", "/consumers/" + id).parsed().at("paused").get<bool>();
  };
  const auto all = server.send(runs, "POST", "/pause", json{{"all", true}});
  BOOST_TEST(all.status == 200);
  BOOST_TEST(all.parsed().at("consumers") == 1);
  BOOST_TEST(paused(own));
  BOOST_TEST(!paused(other));
  BOOST_TEST(server.send(runs, "POST", "/pause", json{{"tenant", "orders"}}).status == 404);
  BOOST_TEST(server.send(runs, "POST", "/resume", json{{"tenant", "payments"}}).status == 200);
  BOOST_TEST(!paused(own));
  const auto viewer = server.key("viewer", {"*"});
  BOOST_TEST(server.send(viewer, "POST", "/pause", json{{"all", true}}).status == 403);
  BOOST_TEST(server.as_admin("POST", "/pause", json{{"tenant", "orders"}}).parsed().at("consumers") == 1);
  BOOST_TEST(paused(other));
}

BOOST_AUTO_TEST_CASE(a_consumer_of_another_tenant_answers_like_one_that_does_not_exist) {
  guarded_server server;
  const auto other = server.consumer("orders");
  const auto editor = server.key("editor", {"payments"});
  const std::string missing = "123e4567-e89b-42d3-a456-426614174000";
  const auto said = [&](const std::string& method, const std::string& id, const std::string& rest,
                        const std::optional<json>& body) {
    auto answer = server.send(editor, method, "/consumers/" + id + rest, body).body;
    if (const auto at = answer.find(id); at != std::string::npos) answer.replace(at, id.size(), "ID");
    return answer;
  };
  for (const auto& [method, rest, body] :
       std::vector<std::tuple<std::string, std::string, std::optional<json>>>{{"GET", "", std::nullopt},
                                                                              {"GET", "/status", std::nullopt},
                                                                              {"GET", "/events", std::nullopt},
                                                                              {"PUT", "", json::object()},
                                                                              {"POST", "/start", std::nullopt},
                                                                              {"POST", "/stop", std::nullopt},
                                                                              {"DELETE", "", std::nullopt}})
    BOOST_TEST(said(method, other, rest, body) == said(method, missing, rest, body), method << rest);
  auto body = stopped_consumer("t");
  body["consumer_id"] = other;
  const auto taken = server.send(editor, "POST", "/consumers", body);
  BOOST_TEST(taken.status == 409);
  BOOST_TEST(taken.body.find("orders") == std::string::npos, taken.body);
  BOOST_TEST(
      server.send(editor, "POST", "/access/check", json{{"permission", "consumers:view"}, {"consumer_id", other}})
          .parsed()
          .at("allowed") == false);
}

BOOST_AUTO_TEST_CASE(nothing_but_its_making_is_allowed_in_a_tenant_that_does_not_exist) {
  guarded_server server;
  const auto allowed = [&](const char* permission, const char* tenant) {
    return server.as_admin("POST", "/access/check", json{{"permission", permission}, {"tenant", tenant}})
        .parsed()
        .at("allowed")
        .get<bool>();
  };
  for (const char* permission : {"consumers:edit", "consumers:view", "keys:manage"}) {
    BOOST_TEST(allowed(permission, "payments"), permission);
    BOOST_TEST(!allowed(permission, "no-such"), permission);
  }
  BOOST_TEST(allowed("tenants:manage", "no-such"));
}

BOOST_AUTO_TEST_CASE(a_put_moves_a_consumer_to_no_other_tenant) {
  guarded_server server;
  const auto id = server.consumer("payments");
  const auto path = "/consumers/" + id;
  auto shown = server.as_admin("GET", path).parsed();
  BOOST_TEST(server.as_admin("PUT", path, shown).status == 200);
  shown["tenant"] = "orders";
  BOOST_TEST(server.as_admin("PUT", path, shown).status == 422);
}

BOOST_AUTO_TEST_CASE(counted_quotas_hold_and_are_named_when_exceeded) {
  guarded_server server;
  BOOST_TEST(
      server.as_admin("PUT", "/tenants/payments", json{{"quotas", {{"consumers", 2}, {"instances", 3}}}}).status ==
      200);
  const auto editor = server.key("editor", {"payments"});
  const auto first = made_by(server, editor, stopped_consumer("t"));
  auto two = stopped_consumer("t");
  two["options"] = {{"instances", 3}};
  const auto over = server.send(editor, "POST", "/consumers", two);
  BOOST_TEST(over.status == 409);
  BOOST_TEST(over.body.find("instances") != std::string::npos, over.body);
  made_by(server, editor, stopped_consumer("t"));
  const auto third = server.send(editor, "POST", "/consumers", stopped_consumer("t"));
  BOOST_TEST(third.status == 409);
  BOOST_TEST(third.body.find("quota_exceeded") != std::string::npos, third.body);
  BOOST_TEST(third.body.find("consumers") != std::string::npos, third.body);
  const auto shown = server.as_admin("GET", "/tenants/payments").parsed();
  BOOST_TEST(shown.at("usage") == (json{{"consumers", 2}, {"instances", 2}}));
  const auto path = "/consumers/" + first.at("consumer_id").get<std::string>();
  BOOST_TEST(server.send(editor, "PUT", path, json{{"options", {{"instances", 3}}}}).status == 409);
  BOOST_TEST(server.send(editor, "PUT", path, json{{"options", {{"instances", 2}}}}).status == 200);
  BOOST_TEST(server.send(editor, "DELETE", path).status == 204);
  BOOST_TEST(server.send(editor, "POST", "/consumers", stopped_consumer("t")).status == 201);
}

BOOST_AUTO_TEST_CASE(the_lists_of_a_tenant_bound_what_its_consumers_name) {
  guarded_server server;
  const auto files = server.process().files().string();
  BOOST_TEST(server
                 .as_admin("PUT", "/tenants/payments",
                           json{{"allowed",
                                 {{"topics", {"pay-*"}},
                                  {"consumer_groups", {"group*"}},
                                  {"brokers", {"127.0.0.10"}},
                                  {"file_directories", {files + "/payments"}},
                                  {"forwarder_hosts", {"127.0.0.11"}},
                                  {"database_hosts", json::array()}}}})
                 .status == 200);
  const auto editor = server.key("editor", {"payments"});
  const auto with = [](const std::string& type, const std::string& option, const std::string& value) {
    auto body = stopped_consumer("pay-in");
    body["processor_configs"] = json::array({{{"processor_type", type}, {"config", {{option, value}}}}});
    return body;
  };
  const auto refused_at = [&](const json& body) {
    const auto answer = server.send(editor, "POST", "/consumers", body);
    if (answer.status != 422) return std::to_string(answer.status);
    std::string place;
    const auto loc = answer.parsed().at("detail").at(0).at("loc");
    for (const auto& step : loc)
      place += (place.empty() ? "" : ".") + (step.is_string() ? step.get<std::string>() : step.dump());
    return place;
  };
  BOOST_TEST(refused_at(stopped_consumer("pay-in")) == "201");
  BOOST_TEST(refused_at(stopped_consumer("orders")) == "body.topic");
  auto elsewhere = stopped_consumer("pay-in");
  elsewhere["broker_ip"] = "127.0.0.12";
  BOOST_TEST(refused_at(elsewhere) == "body.broker_ip");
  auto other_group = stopped_consumer("pay-in");
  other_group["consumer_group"] = "other";
  BOOST_TEST(refused_at(other_group) == "body.consumer_group");
  BOOST_TEST(refused_at(with("file_sink", "file_path", files + "/payments/a.log")) == "201");
  BOOST_TEST(refused_at(with("file_sink", "file_path", files + "/a.log")) ==
             "body.processor_configs.0.config.file_path");
  BOOST_TEST(refused_at(with("file_sink", "file_path", files + "/payments/../a.log")) ==
             "body.processor_configs.0.config.file_path");
  BOOST_TEST(server.send(editor, "POST", "/consumers", with("file_sink", "file_path", files + "/a.log"))
                 .body.find("or have allowed.file_directories of tenant 'payments' extended") != std::string::npos);
  BOOST_TEST(refused_at(with("streaming_forwarder", "endpoint_url", "http://127.0.0.11:1/")) == "201");
  BOOST_TEST(refused_at(with("streaming_forwarder", "endpoint_url", "http://127.0.0.12:1/")) ==
             "body.processor_configs.0.config.endpoint_url");
  BOOST_TEST(refused_at(with("database_sync", "db_dsn", "postgresql://u:p@127.0.0.11/d")) ==
             "body.processor_configs.0.config.db_dsn");
}

BOOST_AUTO_TEST_CASE(limits_that_become_narrower_stop_nothing_and_meet_the_next_start_and_change) {
  guarded_server server;
  const auto editor = server.key("editor", {"payments"});
  auto body = stopped_consumer("pay-in");
  body["auto_start"] = true;
  const auto path = "/consumers/" + made_by(server, editor, body).at("consumer_id").get<std::string>();
  BOOST_TEST(server.as_admin("PUT", "/tenants/payments", json{{"allowed", {{"topics", {"other"}}}}}).status == 200);
  BOOST_TEST(server.send(editor, "GET", path + "/status").parsed().at("wanted") == "started");
  BOOST_TEST(server.send(editor, "PUT", path, json{{"options", {{"batch", {{"max_messages", 5}}}}}}).status == 422);
  BOOST_TEST(server.send(editor, "POST", path + "/restart").status == 422);
  BOOST_TEST(server.send(editor, "POST", path + "/pause", json::object()).status == 200);
  BOOST_TEST(server.send(editor, "POST", path + "/resume", json::object()).status == 200);
  BOOST_TEST(server.send(editor, "POST", path + "/stop").status == 200);
  BOOST_TEST(server.send(editor, "POST", path + "/start").status == 422);
  BOOST_TEST(server.as_admin("PUT", "/tenants/payments", json::object()).status == 200);
  BOOST_TEST(server.send(editor, "POST", path + "/start").status == 200);
}

BOOST_AUTO_TEST_CASE(two_tenants_cannot_use_one_group_of_one_cluster) {
  guarded_server server;
  auto body = stopped_consumer("t");
  body["consumer_group"] = "shared";
  made_by(server, server.key("editor", {"payments"}), body);
  const auto orders = server.key("editor", {"orders"});
  const auto second = server.send(orders, "POST", "/consumers", body);
  BOOST_TEST(second.status == 409);
  BOOST_TEST(second.body.find("payments") == std::string::npos, second.body);
  body["broker_ip"] = "127.0.0.11";
  BOOST_TEST(server.send(orders, "POST", "/consumers", body).status == 201);
}

BOOST_AUTO_TEST_CASE(another_spelling_of_an_address_is_the_same_cluster) {
  guarded_server server;
  auto body = stopped_consumer("t");
  body["consumer_group"] = "shared";
  body["broker_ip"] = "localhost";
  made_by(server, server.key("editor", {"payments"}), body);
  const auto orders = server.key("editor", {"orders"});
  for (const char* spelling : {"127.0.0.1", "LOCALHOST", "localhost.", "::1", "::ffff:127.0.0.1", "0:0:0:0:0:0:0:1",
                               "::FFFF:7f00:1", "ip6-localhost", "localhost.localdomain"}) {
    body["broker_ip"] = spelling;
    BOOST_TEST(server.send(orders, "POST", "/consumers", body).status == 409, spelling);
  }
}

BOOST_AUTO_TEST_CASE(a_conflict_with_another_tenant_tells_nothing_of_it) {
  guarded_server server;
  const auto files = server.process().files().string();
  const auto with_file = [&](const std::string& name) {
    auto body = stopped_consumer("t");
    body["processor_configs"] =
        json::array({{{"processor_type", "file_sink"}, {"config", {{"file_path", files + "/" + name}}}}});
    return body;
  };
  const auto first = made_by(server, server.key("editor", {"payments"}), with_file("hidden-{date}.log"));
  const auto id = first.at("consumer_id").get<std::string>();
  const auto other =
      server.send(server.key("editor", {"orders"}), "POST", "/consumers", with_file("hidden-2027-01-01.log"));
  BOOST_TEST(other.status == 422);
  BOOST_TEST(other.body.find("{date}") == std::string::npos, other.body);
  BOOST_TEST(other.body.find(id) == std::string::npos, other.body);
  const auto own =
      server.send(server.key("editor", {"payments"}), "POST", "/consumers", with_file("hidden-2027-01-01.log"));
  BOOST_TEST(own.status == 422);
  BOOST_TEST(own.body.find(id) != std::string::npos, own.body);
}

BOOST_AUTO_TEST_CASE(a_tenant_with_consumers_stays_and_a_key_of_a_deleted_one_gives_nothing) {
  guarded_server server;
  const auto id = server.consumer("payments");
  const auto key = server.key("editor", {"payments"});
  BOOST_TEST(server.as_admin("DELETE", "/tenants/payments").status == 409);
  BOOST_TEST(server.as_admin("DELETE", "/consumers/" + id).status == 204);
  BOOST_TEST(server.as_admin("DELETE", "/tenants/payments").status == 204);
  BOOST_TEST(server.as_admin("DELETE", "/tenants/payments").status == 404);
  BOOST_TEST(server.send(key, "GET", "/whoami").parsed().at("permissions").empty());
  BOOST_TEST(server.send(key, "POST", "/consumers", stopped_consumer("t")).status == 403);
  BOOST_TEST(server.as_admin("DELETE", "/tenants/default").status == 409);
  // A new tenant of the same name has no keys of the old one.
  BOOST_TEST(server.as_admin("PUT", "/tenants/payments", json::object()).status == 201);
  BOOST_TEST(server.send(key, "GET", "/whoami").parsed().at("permissions").empty());
  const auto admin_of_another = server.key("admin", {"orders"});
  for (const auto& each : server.send(admin_of_another, "GET", "/api-keys").parsed())
    BOOST_TEST(each.at("tenants") == json::array({"orders"}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::tenants_test
