// Tokens of an identity provider, end to end: who they say the caller is, and what ACCESS_FILE makes of it.

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "config/base/timestamp.hpp"
#include "tests/security/provided_server.hpp"
#include "tests/support/event_stream_client.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::tokens_test {
namespace {

using namespace kfs::security;
using namespace std::chrono_literals;

constexpr const char* rules = R"yaml(
roles:
  on_call: {permissions: [consumers:view, consumers:operate]}
bindings:
  - {group: oncall, role: on_call, tenants: [payments], consumers: "pay-*"}
  - {subject: root, role: admin, tenants: ["*"]}
)yaml";

constexpr const char* limited_editor = R"yaml(
bindings:
  - {group: oncall, role: editor, tenants: [payments], consumers: "pay-*"}
)yaml";

}  // namespace

BOOST_AUTO_TEST_SUITE(tokens)

BOOST_AUTO_TEST_CASE(a_token_gives_what_the_bindings_of_its_groups_and_subject_say) {
  provided_server with(rules);
  auto& server = *with.server;
  const auto pay = server.consumer("payments", "pay-in");
  const auto other = server.consumer("payments", "orders");
  const auto hidden = server.consumer("orders", "pay-in");
  const auto token = with.token();
  const auto who = server.send(token, "GET", "/whoami").parsed();
  BOOST_TEST(who.at("subject") == "ann");
  BOOST_TEST(who.at("kind") == "jwt");
  BOOST_TEST(who.at("tenants") == json::array({"payments"}));
  BOOST_TEST(who.at("permissions") == json::array({"consumers:view", "consumers:operate"}));
  BOOST_TEST(server.send(token, "GET", "/consumers").parsed().size() == 1U);
  BOOST_TEST(server.send(token, "POST", "/consumers/" + pay + "/stop").status == 200);
  BOOST_TEST(server.send(token, "POST", "/consumers/" + other + "/stop").status == 403);
  BOOST_TEST(server.send(token, "POST", "/consumers/" + hidden + "/stop").status == 404);
  BOOST_TEST(server.send(token, "DELETE", "/consumers/" + pay).status == 403);
  const auto asked =
      server.send(token, "POST", "/access/check", json{{"permission", "consumers:operate"}, {"consumer_id", pay}});
  BOOST_TEST(asked.parsed() == (json{{"allowed", true}, {"rule", "role on_call of group oncall for consumers pay-*"}}));
  BOOST_TEST(
      server.send(with.token({{"sub", "root"}, {"groups", json::array()}}), "DELETE", "/consumers/" + pay).status ==
      204);
}

/// The union of what each binding gives: never the permissions of one with the tenants or consumers of another.
BOOST_AUTO_TEST_CASE(bindings_that_overlap_give_their_union_and_no_more) {
  provided_server with(R"yaml(
roles:
  operate_only: {permissions: [consumers:operate]}
  edit_only: {permissions: [consumers:edit]}
bindings:
  - {group: oncall, role: viewer, tenants: [payments]}
  - {group: oncall, role: operate_only, tenants: [payments], consumers: "pay-*"}
  - {subject: ann, role: edit_only, tenants: [payments, orders], consumers: "*-in"}
)yaml");
  auto& server = *with.server;
  const auto token = with.token();
  const auto who = server.send(token, "GET", "/whoami").parsed();
  BOOST_TEST(who.at("tenants") == json::array({"orders", "payments"}));
  const json edits{{"options", {{"stop_timeout_ms", 700}}}};
  const auto allows = [&](const std::string& tenant, const std::string& topic, bool view, bool operate, bool edit) {
    const auto path = "/consumers/" + server.consumer(tenant, topic);
    const auto told = tenant + " " + topic;
    BOOST_TEST((server.send(token, "GET", path).status == 200) == view, told);
    BOOST_TEST((server.send(token, "POST", path + "/stop").status == 200) == operate, told);
    BOOST_TEST((server.send(token, "PUT", path, edits).status == 200) == edit, told);
  };
  allows("payments", "pay-in", true, true, true);
  allows("payments", "pay-out", true, true, false);
  allows("payments", "refund-in", true, false, true);
  allows("payments", "refund-out", true, false, false);
  allows("orders", "pay-in", false, false, true);
  allows("orders", "pay-out", false, false, false);
  BOOST_TEST(server.send(token, "GET", "/consumers").parsed().size() == 4U);
}

BOOST_AUTO_TEST_CASE(a_token_that_proves_nothing_is_refused_without_a_hint) {
  provided_server with(rules);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now().time_since_epoch()).count();
  const auto expected = with.server->send(std::nullopt, "GET", "/consumers").body;
  const auto refused = [&](const std::string& token, const char* what) {
    const auto answer = with.server->send(token, "GET", "/consumers");
    BOOST_TEST_MESSAGE(what << ": " << answer.status);
    BOOST_TEST(answer.status == 401, what);
    BOOST_TEST(answer.body == expected, what);
    BOOST_TEST(answer.header("www-authenticate") == "Bearer", what);
  };
  refused(with.token({{"iss", "https://idp.example/realm/"}}), "a slash more");
  refused(with.token({{"aud", "other"}}), "another audience");
  refused(with.token({{"aud", nullptr}}), "no audience");
  refused(with.token({{"exp", seconds - 61}}), "expired");
  refused(with.token({{"exp", nullptr}}), "no exp");
  refused(with.token({{"nbf", seconds + 120}}), "not yet valid");
  const json claims{{"iss", "https://idp.example/realm"}, {"aud", "kfs"}, {"sub", "root"}, {"exp", seconds + 300}};
  refused(test::token_of({{"alg", "ES256"}, {"kid", "key-1"}}, claims, test::token_key::ec("key-1")), "another key");
  refused(test::shared_secret_token({{"alg", "HS256"}, {"kid", "key-1"}}, claims, with.key.public_pem()),
          "HMAC with the public key");
  refused(test::token_of({{"alg", "RS256"}, {"kid", "key-9"}}, claims, with.key), "unknown kid");
  refused(test::token_of({{"alg", "RS256"}, {"kid", "key-1"}, {"crit", {"exp"}}}, claims, with.key), "critical header");
  refused(test::base64url(R"({"alg":"none"})") + "." + test::base64url(claims.dump()) + ".", "alg none");
  BOOST_TEST(with.status(with.token()) == 200);
}

/// Whoever writes the bindings or the provider's keys is whoever they want.
BOOST_AUTO_TEST_CASE(no_consumer_writes_what_says_who_may_do_what) {
  const test::temp_directory secrets;
  provided_server with(rules, {{"FILE_SINK_DIRECTORIES", "/"}, {"SECRETS_DIRECTORIES", secrets.path().string()}});
  for (const auto& file : {with.access_file, with.directory.path() / "keys.json", secrets.path() / "password"}) {
    auto body = stopped_consumer("payments");
    body["processor_configs"] =
        json::array({{{"processor_type", "file_sink"}, {"config", {{"file_path", file.string()}}}}});
    const auto answer = with.server->as_admin("POST", "/consumers/", body);
    BOOST_TEST(answer.status == 422, answer.body);
    BOOST_TEST(answer.body.find("is a file of the server itself") != std::string::npos, answer.body);
  }
}

BOOST_AUTO_TEST_CASE(an_access_file_that_nobody_writes_to_holds_up_nothing) {
  provided_server with(rules);
  const json viewer{{"name", "n"}, {"role", "viewer"}, {"tenants", {"payments"}}};
  const auto made = with.server->as_admin("POST", "/api-keys", viewer);
  BOOST_TEST_REQUIRE(made.status == 201, made.body);
  const auto id = made.parsed().at("id").get<std::string>();
  const auto key = made.parsed().at("key").get<std::string>();
  std::filesystem::remove(with.access_file);
  BOOST_REQUIRE(::mkfifo(with.access_file.c_str(), 0600) == 0);
  BOOST_TEST(test::eventually(
      10s, [&] { return with.server->process().log().find("it is not a regular file") != std::string::npos; }));
  const auto removed = with.server->as_admin("DELETE", "/api-keys/" + id);
  BOOST_TEST(removed.status == 204, removed.body);
  BOOST_TEST(with.status(key) == 401);
  with.write("access.yaml", std::string(rules) + "  - {group: readers, role: viewer, tenants: [payments]}\n");
  BOOST_TEST(test::eventually(5s, [&] { return with.status(with.token({{"groups", {"readers"}}})) == 200; }));
}

BOOST_AUTO_TEST_CASE(a_caller_without_a_binding_is_known_and_may_do_nothing) {
  provided_server with(rules);
  const auto token = with.token({{"groups", {"others"}}, {"tenants", {"payments"}}});
  BOOST_TEST(with.status(token, "/whoami") == 200);
  BOOST_TEST(with.status(token) == 403);
}

BOOST_AUTO_TEST_CASE(the_access_file_is_read_again_and_a_broken_one_changes_nothing) {
  provided_server with(rules);
  const auto token = with.token({{"groups", {"readers"}}});
  BOOST_TEST(with.status(token) == 403);
  with.write("access.yaml", std::string(rules) + "  - {group: readers, role: viewer, tenants: [payments]}\n");
  BOOST_TEST(test::eventually(5s, [&] { return with.status(token) == 200; }));
  with.write("access.yaml", "bindings:\n  - {group: readers, role: boss, tenants: [payments]}\n");
  BOOST_TEST(test::eventually(
      5s, [&] { return with.server->process().log().find("there is no role 'boss'") != std::string::npos; }));
  BOOST_TEST(with.status(token) == 200);
  with.write("access.yaml", rules);
  BOOST_TEST(test::eventually(5s, [&] { return with.status(token) == 403; }));
}

BOOST_AUTO_TEST_CASE(a_grant_for_some_consumers_shows_no_audit_and_to_edit_is_not_to_start) {
  provided_server with(R"yaml(
roles:
  auditor: {permissions: [audit:view, consumers:view]}
  edit_only: {permissions: [consumers:edit]}
bindings:
  - {group: some, role: auditor, tenants: [payments], consumers: "pay-*"}
  - {group: all, role: auditor, tenants: [payments]}
  - {group: edit, role: edit_only, tenants: [payments]}
)yaml");
  auto& server = *with.server;
  server.consumer("payments", "orders");
  BOOST_TEST(server.send(with.token({{"groups", {"some"}}}), "GET", "/audit").parsed().empty());
  BOOST_TEST(!server.send(with.token({{"groups", {"all"}}}), "GET", "/audit").parsed().empty());
  auto body = stopped_consumer("t");
  body["auto_start"] = true;
  const auto editor = with.token({{"groups", {"edit"}}});
  BOOST_TEST(server.send(editor, "POST", "/consumers", body).status == 403);
  body["auto_start"] = false;
  BOOST_TEST(server.send(editor, "POST", "/consumers", body).status == 201);
}

BOOST_AUTO_TEST_CASE(nobody_moves_a_consumer_beyond_their_glob_and_who_tries_is_in_the_audit) {
  provided_server with(limited_editor);
  auto& server = *with.server;
  const auto path = "/consumers/" + server.consumer("payments", "pay-in");
  const auto token = with.token();
  const auto refused = server.send(token, "PUT", path, json{{"topic", "orders"}});
  BOOST_TEST(refused.status == 403);
  BOOST_TEST(refused.parsed().at("detail") ==
             "Not permitted: this needs the permission consumers:edit for this consumer.");
  BOOST_TEST(server.send(token, "PUT", path, json{{"topic", 7}}).status == 422);
  BOOST_TEST(server.send(token, "PUT", path, json{{"topic", "pay-out"}}).status == 200);
  json entry;
  BOOST_TEST(test::eventually(5s, [&] {
    for (const auto& each : server.as_admin("GET", "/audit?limit=1000&action=consumer.update").parsed())
      if (each.at("decision") == "deny") entry = each;
    return !entry.is_null();
  }));
  BOOST_TEST(entry.at("status") == 403);
  BOOST_TEST(entry.at("tenant") == "payments");
  BOOST_TEST(entry.at("rule").is_null());
  BOOST_TEST(entry.at("outcome") == "failed");
}

BOOST_AUTO_TEST_CASE(a_stream_ends_when_its_consumer_is_renamed_beyond_the_right) {
  provided_server with(limited_editor);
  auto& server = *with.server;
  const auto path = "/consumers/" + server.consumer("payments", "pay-in");
  test::event_stream_client stream(server.process().port(), path + "/events",
                                   "Accept: text/event-stream\r\nAuthorization: Bearer " + with.token() + "\r\n");
  BOOST_TEST(stream.head().find(" 200 ") != std::string::npos);
  BOOST_TEST(server.as_admin("PUT", path, json{{"topic", "orders"}}).status == 200);
  BOOST_TEST(stream.ends_in_order());
  BOOST_TEST(server.send(with.token(), "GET", path + "/events").status == 403);
}

BOOST_AUTO_TEST_CASE(a_server_with_a_broken_access_file_does_not_start) {
  test::temp_directory directory;
  const auto file = directory.path() / "access.yaml";
  std::ofstream(file) << "bindings:\n  - {group: a, role: boss}\n";
  for (const auto& arguments : {std::vector<std::string>{"--check-config"}, std::vector<std::string>{}}) {
    const auto run = test::run_server(
        arguments, {{"ACCESS_FILE", file.string()}, {"HTTP_PORT", "0"}, {"HTTP_HOST", "127.0.0.1"}}, directory.path());
    BOOST_TEST(run.exit_code == 2, run.output);
    BOOST_TEST(run.output.find("access.yaml:2: there is no role 'boss'") != std::string::npos, run.output);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::tokens_test
