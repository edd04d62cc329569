// Every route × every caller: the status that the table of permissions says. The table here is written by hand, and
// apart from the server's; a route of the OpenAPI document that it lacks fails the test.

#include <boost/test/unit_test.hpp>
#include <functional>
#include <set>

#include "tests/security/guarded_server.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::route_matrix_test {
namespace {

using namespace kfs::security;

/// What a route needs.
enum class needs : std::uint8_t {
  nothing,       ///< open to all
  token,         ///< any valid token
  view,          ///< consumers:view
  operate,       ///< consumers:operate
  edit,          ///< consumers:edit
  cluster_view,  ///< cluster:view
  metrics_view,  ///< metrics:view
  everything,    ///< a permission that only admins have, in all tenants
  tenant_admin,  ///< a permission that only admins have, in the tenant of the path
  keys_manage,   ///< keys:manage, anywhere
  audit_view,    ///< audit:view, anywhere
  group_view,    ///< groups:view in all tenants, or a visible consumer of the group
};

/// One request for a route, and what it needs.
struct probe {
  std::string method;
  std::string route;  ///< as in the OpenAPI document
  needs needed;
  std::string query = "";
  std::optional<json> body = std::nullopt;
};

const std::vector<probe>& probes() {
  static const std::vector<probe> all{
      {"GET", "/", needs::nothing},
      {"GET", "/health/live", needs::nothing},
      {"GET", "/livez", needs::nothing},
      {"GET", "/healthz", needs::nothing},
      {"GET", "/health/ready", needs::nothing},
      {"GET", "/readyz", needs::nothing},
      {"GET", "/openapi.json", needs::nothing},
      {"GET", "/docs", needs::nothing},
      {"GET", "/docs/{file}", needs::nothing},
      {"GET", "/whoami", needs::token},
      {"POST", "/access/check", needs::token, "", json{{"permission", "consumers:view"}}},
      {"GET", "/processor-types", needs::token},
      {"GET", "/consumers", needs::view},
      {"POST", "/consumers", needs::edit, "", stopped_consumer("made")},
      {"GET", "/consumers/{consumer_id}", needs::view},
      {"GET", "/consumers/{consumer_id}/status", needs::view},
      {"GET", "/consumers/{consumer_id}/events", needs::view},
      {"PUT", "/consumers/{consumer_id}", needs::edit, "", json{{"options", json::object()}}},
      {"GET", "/consumers/{consumer_id}/lag", needs::view},
      {"GET", "/consumers/{consumer_id}/history", needs::view},
      {"PUT", "/consumers/{consumer_id}/offsets", needs::operate, "", json{{"to", "earliest"}}},
      {"POST", "/consumers/{consumer_id}/start", needs::operate},
      {"POST", "/consumers/{consumer_id}/pause", needs::operate},
      {"POST", "/consumers/{consumer_id}/resume", needs::operate},
      {"POST", "/consumers/{consumer_id}/restart", needs::operate},
      {"POST", "/consumers/{consumer_id}/stop", needs::operate},
      {"POST", "/pause", needs::operate, "", json{{"all", true}}},
      {"POST", "/resume", needs::operate, "", json{{"all", true}}},
      {"DELETE", "/consumers/{consumer_id}", needs::edit},
      {"GET", "/consumergroups", needs::view},
      {"GET", "/consumergroups/{group_id}", needs::group_view},
      {"GET", "/consumergroups/{group_id}/offsets", needs::group_view},
      {"GET", "/consumergroups/{group_id}/lag", needs::group_view},
      {"GET", "/monitor/consumer-group-offsets", needs::group_view, "?group_id=no-such-group"},
      {"GET", "/monitor/consumer-group-lag", needs::group_view, "?group_id=no-such-group&topic=t"},
      {"GET", "/health", needs::view},
      {"GET", "/metrics", needs::metrics_view},
      {"GET", "/cluster", needs::cluster_view},
      {"POST", "/cluster/replicas/{replica}/drain", needs::everything},
      {"POST", "/cluster/replicas/{replica}/resume", needs::everything},
      {"POST", "/cluster/replicas/{replica}/evict", needs::everything},
      {"GET", "/api-keys", needs::keys_manage},
      {"POST", "/api-keys", needs::keys_manage, "", json{{"name", "n"}, {"role", "viewer"}, {"tenants", {"payments"}}}},
      {"DELETE", "/api-keys/{key_id}", needs::keys_manage},
      {"GET", "/tenants", needs::keys_manage},
      {"GET", "/tenants/{tenant}", needs::tenant_admin},
      {"PUT", "/tenants/{tenant}", needs::tenant_admin, "", json::object()},
      {"DELETE", "/tenants/{tenant}", needs::tenant_admin},
      {"GET", "/audit", needs::audit_view},
  };
  return all;
}

struct asker {
  std::string role;  ///< empty: no token
  std::vector<std::string> tenants;
  std::optional<std::string> token;

  [[nodiscard]] bool has(std::initializer_list<const char*> roles) const {
    return std::ranges::find(roles, role) != roles.end();
  }
  [[nodiscard]] bool in(const std::string& tenant) const {
    return std::ranges::find(tenants, "*") != tenants.end() || std::ranges::find(tenants, tenant) != tenants.end();
  }
  [[nodiscard]] bool everywhere() const { return in("*"); }
};

/// Whether the role has the permission somewhere.
bool holds(const asker& who, needs needed) {
  switch (needed) {
    case needs::nothing:
    case needs::token:
      return true;
    case needs::view:
    case needs::cluster_view:
    case needs::metrics_view:
    case needs::group_view:
      return who.has({"viewer", "operator", "editor", "admin"});
    case needs::operate:
      return who.has({"operator", "editor", "admin"});
    case needs::edit:
      return who.has({"editor", "admin"});
    case needs::everything:
    case needs::tenant_admin:
    case needs::keys_manage:
    case needs::audit_view:
      return who.has({"admin"});
  }
  return false;
}

bool is_about(const probe& asked, const char* parameter) {
  return asked.route.find(parameter) != std::string::npos;
}

/// The status that the caller must get where it acts on something of `tenant`; 0 where any success will do.
long expected_status(const probe& asked, const asker& who, const std::string& tenant) {
  if (asked.needed == needs::nothing) return 0;
  if (!who.token) return 401;
  if (!holds(who, asked.needed)) return 403;
  if (is_about(asked, "{consumer_id}/offsets") || is_about(asked, "{consumer_id}/lag"))
    return who.in(tenant) ? 502 : 404;  // no broker
  if (is_about(asked, "{consumer_id}")) return who.in(tenant) ? 0 : 404;
  if (asked.needed == needs::tenant_admin) return who.in(tenant) ? 0 : 404;
  if (asked.needed == needs::everything) return who.everywhere() ? 0 : 403;
  if (asked.route == "/consumers" && asked.method == "POST") return who.in(tenant) ? 0 : 404;
  if (asked.route == "/api-keys" && asked.method == "POST") return who.in("payments") ? 0 : 404;
  if (is_about(asked, "{key_id}")) return 404;                                 // there is no such key
  if (asked.needed == needs::group_view) return who.everywhere() ? 502 : 404;  // no broker; no such group to see
  return 0;
}

bool is_success(const probe& asked, long status) {
  // A server with the embedded store is alone, and takes no orders about replicas: it says so after the permission.
  if (asked.route.starts_with("/cluster/replicas/")) return status == 409 || status == 404;
  // A consumer that does not run is not restarted.
  if (asked.route.ends_with("/restart") && status == 409) return true;
  return status >= 200 && status < 300;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  if (const auto at = text.find(from); at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(route_matrix)

BOOST_AUTO_TEST_CASE(every_route_of_the_document_is_in_the_table) {
  guarded_server server;
  std::set<std::pair<std::string, std::string>> known;
  for (const auto& each : probes()) known.emplace(each.method, each.route);
  std::set<std::pair<std::string, std::string>> documented;
  const auto document = server.as_admin("GET", "/openapi.json").parsed();
  for (const auto& [path, item] : document.at("paths").items()) {
    for (const char* method : {"GET", "POST", "PUT", "DELETE", "PATCH"}) {
      std::string lower = method;
      for (char& c : lower) c = static_cast<char>(std::tolower(c));
      if (item.contains(lower)) documented.emplace(method, path);
    }
  }
  for (const auto& [method, path] : documented)
    BOOST_TEST(known.contains({method, path}), method << ' ' << path << " is not in the table");
  for (const auto& [method, path] : known)
    BOOST_TEST(documented.contains({method, path}), method << ' ' << path << " is not in the document");
}

BOOST_AUTO_TEST_CASE(every_caller_gets_what_the_table_says) {
  guarded_server server;
  std::vector<asker> callers{{"", {}, std::nullopt}};
  for (const char* role : {"viewer", "operator", "editor", "admin"}) {
    for (const auto& tenants : {std::vector<std::string>{"payments"}, {"orders"}, {"*"}, {"payments", "orders"}})
      callers.push_back({role, tenants, server.key(role, tenants)});
  }
  int requests = 0;
  for (const auto& asked : probes()) {
    for (const std::string tenant : {"payments", "orders"}) {
      for (const auto& who : callers) {
        auto path = asked.route + asked.query;
        if (is_about(asked, "{consumer_id}")) path = replaced(path, "{consumer_id}", server.consumer(tenant));
        path = replaced(path, "{file}", "index.html");
        path = replaced(path, "{group_id}", "no-such-group");
        path = replaced(path, "{replica}", "no-such-replica");
        path = replaced(path, "{key_id}", "0123456789abcdef");
        // A tenant that is deleted must be empty, and is made again for the next caller.
        const bool deletes_tenant = asked.method == "DELETE" && is_about(asked, "{tenant}");
        if (deletes_tenant) {
          for (const auto& each : server.as_admin("GET", "/consumers?tenant=" + tenant).parsed())
            server.as_admin("DELETE", "/consumers/" + each.at("consumer_id").get<std::string>());
        }
        path = replaced(path, "{tenant}", tenant);
        header_list headers;
        auto body = asked.body;
        if (asked.route == "/consumers" && asked.method == "POST") {
          headers.push_back("X-Tenant: " + tenant);
          body = stopped_consumer("made");
        }
        const auto expected = expected_status(asked, who, tenant);
        for (const std::string prefix : {"", "/api"}) {
          if ((deletes_tenant || asked.route == "/") && !prefix.empty()) continue;  // "/api" is no path
          if (asked.method == "DELETE" && !prefix.empty() && expected == 0) continue;
          if (asked.method == "POST" && asked.route == "/consumers" && !prefix.empty()) body = stopped_consumer("made");
          // A deleted tenant is taken out of the keys that name it, so this caller gets one of its own.
          const auto token = deletes_tenant && who.token ? std::optional(server.key(who.role, who.tenants)) : who.token;
          const auto answer = server.send(token, asked.method, prefix + path, body, headers);
          ++requests;
          const auto about = asked.method + ' ' + prefix + path + " as " + (who.role.empty() ? "nobody" : who.role) +
                             " of " + json(who.tenants).dump() + " on " + tenant + ": " + answer.body.substr(0, 300);
          if (expected == 0) {
            BOOST_TEST(is_success(asked, answer.status), answer.status << ' ' << about);
          } else {
            BOOST_TEST(answer.status == expected, answer.status << " instead of " << expected << ' ' << about);
          }
          if (answer.status == 401) BOOST_TEST(answer.header("www-authenticate") == "Bearer");
          if (answer.status == 403)
            BOOST_TEST(answer.body.find("needs the permission ") != std::string::npos, answer.body);
        }
        if (deletes_tenant) server.as_admin("PUT", "/tenants/" + tenant, json::object());
      }
    }
    if (asked.method == "DELETE" && is_about(asked, "{tenant}")) {
      for (auto& who : callers) {
        if (who.token) who.token = server.key(who.role, who.tenants);
      }
    }
  }
  BOOST_TEST_MESSAGE(requests << " requests: " << probes().size() << " routes, " << callers.size()
                              << " callers, 2 tenants");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::route_matrix_test
