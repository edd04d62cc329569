// Two versions side by side, whose links do not understand each other: replicas 0 and 1 speak the protocol of this
// version, replica 2 the next one. The store carries what the links would have carried.

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "tests/cluster/bounds.hpp"
#include "tests/cluster/load.hpp"
#include "tests/cluster/replicas.hpp"
#include "tests/cluster/rolling_update.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/paths.hpp"

namespace kfs::two_versions_test {

using namespace kfs::cluster_test;
using namespace std::chrono_literals;
using test::eventually;
using clock = std::chrono::steady_clock;

namespace {

/// How long a command to the other version, and the news of it, takes at most: what waits for a look at the store waits
/// for a second.
constexpr auto by_the_store = 2s;

struct mixed_replicas : replicas {
  mixed_replicas() : replicas(2, {{"CLUSTER_HOST", "127.0.0.1"}}) {
    add({}, {}, test::server_of_next_protocol_binary());
    BOOST_TEST_REQUIRE(eventually(
        patience, [&] { return only_own_version_is_linked(); }, 50ms));
  }

  bool only_own_version_is_linked() const {
    const std::set<std::string> old{name(0), name(1)};
    return links(0) == old && links(1) == old && links(2) == std::set{name(2)};
  }

  /// How often that replica has logged that it makes no link to one of another protocol.
  int says(std::size_t number) { return static_cast<int>(count_of(process(number).log(), "speaks another protocol")); }

  static std::size_t count_of(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
    return count;
  }

  /// Waits until all replicas answer so about a path, and remembers the longest wait.
  void all_tell(const std::string& path, const std::function<bool(const test::http_response&)>& is_so,
                const std::string& what) {
    const auto begun = clock::now();
    for (std::size_t asked = 0; asked < size(); ++asked)
      BOOST_TEST(eventually(
                     bound_of(by_the_store), [&] { return is_so(client(asked).get(path)); }, 10ms),
                 what << " is not told by replica " << asked << ": " << client(asked).get(path).body);
    longest_news = std::max(longest_news, clock::now() - begun);
  }

  void all_tell(const json& made, const std::string& field, const json& value) {
    all_tell(
        path_of(made),
        [&](const test::http_response& answered) {
          return answered.status == 200 && answered.parsed().at(field) == value;
        },
        field + " " + value.dump());
  }

  /// Sends a command and checks its status.
  json command(std::size_t through, const std::string& method, const std::string& path, int status,
               std::optional<std::string> body = {}) {
    auto sender = client(through);
    const auto begun = clock::now();
    const auto answered = sender.send({.method = method, .path = path, .body = std::move(body), .headers = {}});
    const auto took = clock::now() - begun;
    longest_command = std::max(longest_command, took);
    BOOST_TEST(answered.status == status, method << ' ' << path << ": " << answered.body);
    BOOST_TEST((took < bound_of(by_the_store)), method << ' ' << path);
    return answered.body.empty() ? json() : answered.parsed();
  }

  std::vector<json> events(std::size_t asked, const json& made) const {
    return client(asked).get(path_of(made) + "/events").parsed().at("events").get<std::vector<json>>();
  }

  bool has_lines(int number, std::size_t count) const {
    return eventually(
        patience, [&] { return lines_of(out(number)).size() == count; }, 50ms);
  }

  clock::duration longest_command{};
  clock::duration longest_news{};
};

/// Every command through one version for a consumer that the other one runs; each is followed within its bound.
void commands(mixed_replicas& servers, std::size_t through, const json& made, int number) {
  const auto path = path_of(made);
  const auto topic = made.at("topic").get<std::string>();
  servers.kafka().produce_numbered(topic, 5);
  BOOST_TEST(servers.has_lines(number, 5));
  servers.command(through, "POST", path + "/stop", 200);
  servers.all_tell(made, "status", "INACTIVE");
  servers.all_tell(made, "replica", nullptr);
  servers.command(through, "POST", path + "/start", 200);
  servers.all_tell(made, "status", "ACTIVE");
  servers.kafka().produce_numbered(topic, 5);
  BOOST_TEST(servers.has_lines(number, 10));

  // It is restarted where it runs.
  auto options = made.at("options");
  options["batch"]["max_wait_ms"] = 17;
  const auto changed = servers.command(through, "PUT", path, 200, json{{"options", options}}.dump());
  servers.all_tell(made, "revision", changed.at("revision"));
  servers.all_tell(made, "status", "ACTIVE");
  servers.kafka().produce_numbered(topic, 5);
  BOOST_TEST(servers.has_lines(number, 15));
}

/// All replicas answer alike about a consumer that runs, and whose processor has written so many records.
void same_answers(mixed_replicas& servers, const json& made, int records) {
  const auto told = [&](std::size_t asked) {
    auto seen = servers.client(asked).get(path_of(made) + "/status").parsed();
    seen.erase("observed_at");
    for (auto& one : seen.at("processors")) one.erase("records_per_second");
    return seen;
  };
  const bool same = eventually(
      patience,
      [&] {
        const auto seen = told(0);
        return seen.at("lag") == 0 && seen.at("processors").at(0).at("records") == records && seen == told(1) &&
               seen == told(2);
      },
      50ms);
  BOOST_TEST(same, told(0) << "\n" << told(1) << "\n" << told(2));
  BOOST_TEST(eventually(
      bound_of(by_the_store),
      [&] {
        const auto seen = servers.events(0, made);
        return seen.size() > 5 && seen == servers.events(1, made) && seen == servers.events(2, made);
      },
      50ms));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(two_versions)

BOOST_AUTO_TEST_CASE(replicas_of_two_protocols_have_no_link_and_both_sides_say_so_once) {
  mixed_replicas servers;
  BOOST_TEST(eventually(
      patience, [&] { return servers.says(0) == 1 && servers.says(1) == 1 && servers.says(2) == 2; }, 50ms));
  const auto made = servers.created(0, 0);
  for (std::size_t through = 0; through < servers.size(); ++through) {
    servers.command(through, "POST", path_of(made) + "/stop", 200);
    servers.command(through, "POST", path_of(made) + "/start", 200);
  }
  BOOST_TEST(servers.process(0).stop() == 0);
  servers.start(0);
  BOOST_TEST(servers.becomes_ready(0));
  BOOST_TEST(eventually(
      patience, [&] { return servers.only_own_version_is_linked() && servers.says(0) == 1; }, 50ms));
  BOOST_TEST(servers.says(1) == 1);
  BOOST_TEST(servers.process(0).log().find("own_protocol") != std::string::npos);
  BOOST_TEST(servers.process(2).log().find("WARNING") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(every_command_reaches_the_replica_of_the_other_version_that_runs_the_consumer) {
  mixed_replicas servers;
  std::vector<json> made;
  for (int number = 0; number < 6; ++number) made.push_back(servers.created(number % 3, number));
  for (const auto& one : made)
    for (std::size_t asked = 0; asked < servers.size(); ++asked)
      BOOST_TEST(servers.client(asked).get(path_of(one)).status == 200);
  BOOST_TEST_REQUIRE(servers.becomes_shared(0, {2, 2, 2}));
  BOOST_TEST_REQUIRE(servers.all_active(0));
  for (int number = 0; number < 6; ++number) {
    const auto& one = made[static_cast<std::size_t>(number)];
    const bool runs_on_the_next = servers.consumer(0, one).at("replica") == replicas::name(2);
    commands(servers, runs_on_the_next ? static_cast<std::size_t>(number % 2) : 2, one, number);
    same_answers(servers, one, 5);  // since its last start
  }
  BOOST_TEST(servers.becomes_shared(2, {2, 2, 2}));
  for (const auto& one : made) {
    const bool runs_on_the_next = servers.consumer(0, one).at("replica") == replicas::name(2);
    servers.command(runs_on_the_next ? 0 : 2, "DELETE", path_of(one), 204);
    servers.all_tell(
        path_of(one), [](const test::http_response& answered) { return answered.status == 404; }, "the deletion");
  }
  print("a command for a consumer of the other version is answered after, at most", servers.longest_command);
  print("all replicas tell of it after, at most", servers.longest_news);
  BOOST_TEST(servers.only_own_version_is_linked());
}

BOOST_AUTO_TEST_CASE(consumers_of_a_killed_replica_run_on_replicas_of_both_versions) {
  mixed_replicas servers;
  load under(servers, 4, 3, 3, 20ms);
  BOOST_TEST_REQUIRE(servers.becomes_shared(0, {4, 4, 4}));
  for (const std::size_t killed : {2, 0}) {
    const std::size_t asked = killed == 0 ? 2 : 0;
    servers.kill(killed);
    const auto at = clock::now();
    BOOST_TEST_REQUIRE(under.each_gets(fmt::format("after the kill of {}", killed), patience).has_value());
    const auto took = clock::now() - at;
    print(fmt::format("12 consumers, replica {} killed, all deliver again", killed), took);
    BOOST_TEST((took < bound_of(5s)));
    BOOST_TEST(servers.becomes_shared(asked, {6, 6}));
    servers.start(killed);
    BOOST_TEST(servers.becomes_shared(asked, {4, 4, 4}));
  }
  for (std::size_t asked = 0; asked < servers.size(); ++asked) BOOST_TEST(servers.all_active(asked));
  under.check_exact();
}

BOOST_AUTO_TEST_CASE(an_update_to_the_next_version_and_back_loses_and_doubles_nothing) {
  cluster_test::rolling_update update;
  update.update_each(
      [](test::server_process& process) { process.replace_program(test::server_of_next_protocol_binary()); });
  update.update_each([](test::server_process& process) { process.replace_program(test::server_binary()); });
  update.check();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::two_versions_test
