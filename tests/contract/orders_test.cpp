// POST /consumers/{consumer_id}/pause, …/resume and …/restart, and POST /pause and /resume.

#include <boost/test/unit_test.hpp>

#include "tests/contract/contract_server.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::orders_test {

using namespace kfs::contract;
using namespace std::chrono_literals;

namespace {

struct ordered_server : contract_server {
  json consumer = created(mission_consumer(file("out.log")));
  std::string path = path_of(consumer);

  json paused_of(const std::string& of) {
    const auto shown = get(of).content();
    return {shown.at("paused"), shown.at("paused_partitions")};
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(orders, ordered_server)

BOOST_AUTO_TEST_CASE(a_new_consumer_is_not_paused) {
  BOOST_TEST(consumer.at("paused") == false);
  BOOST_TEST(consumer.at("paused_partitions") == json::array());
}

BOOST_AUTO_TEST_CASE(a_pause_is_shown_in_every_representation_and_makes_no_revision) {
  const auto paused = post(path + "/pause");
  BOOST_TEST(paused.status == 200);
  BOOST_TEST(paused.content().at("paused") == true);
  BOOST_TEST(paused.content().at("revision") == 1);
  BOOST_TEST((paused_of(path) == json{true, json::array()}));
  BOOST_TEST((paused_of(path + "/status") == json{true, json::array()}));
  BOOST_TEST(get("/consumers").content().at(0).at("paused") == true);
  BOOST_TEST(get("/health").content().at("consumers").at(0).at("paused") == true);
  BOOST_TEST(put(path, {{"options", {{"batch", {{"max_messages", 5}}}}}}).content().at("paused") == true);
  BOOST_TEST(post(path + "/resume").content().at("paused") == false);
}

BOOST_AUTO_TEST_CASE(some_partitions_are_paused_and_resumed) {
  post(path + "/pause", {{"partitions", {4, 1}}});
  BOOST_TEST((paused_of(path) == json{false, json{1, 4}}));
  post(path + "/pause", {{"partitions", {2, 4}}});
  BOOST_TEST((paused_of(path) == json{false, json{1, 2, 4}}));
  post(path + "/resume", {{"partitions", {1, 7}}});
  BOOST_TEST((paused_of(path) == json{false, json{2, 4}}));
  post(path + "/resume", json::object());
  BOOST_TEST((paused_of(path) == json{false, json::array()}));
}

BOOST_AUTO_TEST_CASE(a_pause_outlives_a_kill_of_the_server_and_a_start_does_not_end_it) {
  post(path + "/pause", {{"partitions", {3}}});
  process().kill();
  process().start();
  auto client = process().client();
  const auto started = client.post(path + "/start");
  BOOST_TEST_REQUIRE(started.status == 200, started.body);
  BOOST_TEST(started.parsed().at("paused_partitions") == json{3});
}

BOOST_AUTO_TEST_CASE(mistakes_are_named_and_change_nothing) {
  for (const auto* body : {"[]", "{\"partitions\":[]}", "{\"partitions\":[-1]}", "{\"partition\":[1]}", "nonsense"})
    BOOST_TEST(send("POST", path + "/pause", std::string(body)).status == 422, body);
  BOOST_TEST(send("POST", path + "/pause", std::string("{}"), {"Content-Type: text/plain"}).status == 415);
  BOOST_TEST((paused_of(path) == json{false, json::array()}));
  for (const auto* order : {"/pause", "/resume", "/restart"})
    BOOST_TEST(post("/consumers/00000000-0000-4000-8000-000000000000" + std::string(order)).status == 404);
}

BOOST_AUTO_TEST_CASE(a_restart_is_for_what_runs) {
  BOOST_TEST(post(path + "/stop").status == 200);
  const auto refused = post(path + "/restart");
  BOOST_TEST(refused.status == 409);
  BOOST_TEST(refused.detail().find("INACTIVE") != std::string::npos, refused.detail());
  BOOST_TEST(post(path + "/start").status == 200);
  BOOST_TEST(post(path + "/restart").status == 200);
  const auto events = get(path + "/events").content().at("events");
  const auto told = [&](const char* kind) {
    return std::ranges::count_if(events, [&](const json& event) { return event.at("kind") == kind; });
  };
  BOOST_TEST(told("restart_requested") == 1);
}

BOOST_AUTO_TEST_CASE(all_consumers_are_paused_and_resumed_together) {
  std::vector<std::string> paths{path};
  for (int i = 0; i < 40; ++i)
    paths.push_back(path_of(created(mission_consumer(file("more-" + std::to_string(i) + ".log")))));
  const auto paused = post("/pause", {{"all", true}});
  BOOST_TEST(paused.status == 200);
  BOOST_TEST(paused.content() == (json{{"consumers", 41}, {"failed", json::array()}}));
  for (const auto& each : paths) BOOST_TEST((paused_of(each) == json{true, json::array()}));
  BOOST_TEST(post("/resume", {{"tenant", "default"}}).content().at("consumers") == 41);
  for (const auto& each : paths) BOOST_TEST((paused_of(each) == json{false, json::array()}));
  BOOST_TEST(post("/pause", {{"tenant", "nobodys"}}).status == 404);
  for (const auto* body : {"{}", "{\"all\":false}", "{\"all\":true,\"tenant\":\"default\"}", "[]", "{\"every\":1}"})
    BOOST_TEST(send("POST", "/pause", std::string(body)).status == 422, body);
  BOOST_TEST(post("/pause").status == 422);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::orders_test
