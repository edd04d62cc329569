// A rolling update: each of three replicas in turn ends and starts again under the same name, while records and
// requests keep coming. No record waits long or is doubled, and no request is answered wrongly.

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <iostream>
#include <thread>

#include "tests/cluster/load.hpp"
#include "tests/cluster/replicas.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::rolling_update_test {

using namespace kfs::cluster_test;
using namespace std::chrono_literals;
using test::eventually;
using clock = std::chrono::steady_clock;

namespace {

/// So that one in a thousand can be told from none.
constexpr int requests_of_each = 400;

/// What became of the requests.
struct answers {
  int requests = 0;
  int unavailable = 0;             ///< 503
  std::vector<std::string> wrong;  ///< each with what was asked and what came
};

/// Reads all consumers, or changes some, through the replicas that stay, one request after the other until stop().
///
/// Threading: a thread of its own asks.
class requests {
 public:
  enum class kind : std::uint8_t { reads, changes };

  /// Reads `read`, or stops, changes and starts `changed`.
  requests(kind what, const replicas& servers, const std::vector<std::size_t>& through, std::vector<json> read,
           std::vector<json> changed)
      : kind_(what), read_(std::move(read)), changed_(std::move(changed)) {
    for (const auto number : through) clients_.push_back(servers.client(number));
    asking_ = std::jthread([this](const std::stop_token& ends) { ask(ends); });
  }

  [[nodiscard]] int count() const { return count_; }

  answers stop() {
    asking_.request_stop();
    asking_.join();
    return seen_;
  }

 private:
  void ask(const std::stop_token& ends) {
    for (std::size_t round = 0; !ends.stop_requested(); ++round) {
      auto& client = clients_[round % clients_.size()];
      if (kind_ == kind::reads) {
        for (const auto& one : read_) reads(client, one);
        lists(client);
        continue;
      }
      const auto& one = changed_[round % changed_.size()];
      const auto found = answer(client, "GET", path_of(one));
      // librdkafka before 2.3 may abort the process when a client ends while it joins its group (librdkafka #4381).
      if (found && found->at("status") == "ACTIVE") changes(client, one);
    }
  }

  void reads(test::http_client& client, const json& one) {
    const auto path = path_of(one);
    if (const auto found = answer(client, "GET", path))
      if (found->at("status") == "INACTIVE" || found->at("status") == "ERROR") is_wrong("GET " + path, found->dump());
    answer(client, "GET", path + "/status");
  }

  void lists(test::http_client& client) {
    answer(client, "GET", "/cluster?limit=1000");
    const auto found = answer(client, "GET", "/consumers?limit=1000");
    if (found && found->size() != read_.size() + changed_.size()) is_wrong("GET /consumers", found->dump());
  }

  /// Each change is seen where it was made, at once.
  void changes(test::http_client& client, const json& one) {
    const auto path = path_of(one);
    if (answer(client, "POST", path + "/stop"))
      shows(client, path, [&](const json& found) { return found.at("status") == "INACTIVE"; });
    const auto group = test::unique_name("group");
    if (answer(client, "PUT", path, json{{"consumer_group", group}}.dump()))
      shows(client, path, [&](const json& found) { return found.at("consumer_group") == group; });
    if (answer(client, "POST", path + "/start"))
      shows(client, path, [&](const json& found) { return found.at("status") != "INACTIVE"; });
  }

  void shows(test::http_client& client, const std::string& path, const std::function<bool(const json&)>& is_so) {
    const auto found = answer(client, "GET", path);
    if (found && !is_so(*found)) is_wrong("GET " + path + " after a change", found->dump());
  }

  /// The body of an answer with 200; nullopt for another status.
  std::optional<json> answer(test::http_client& client, const std::string& method, const std::string& path,
                             std::optional<std::string> body = {}) {
    ++seen_.requests;
    ++count_;
    try {
      const auto came = client.send({.method = method, .path = path, .body = std::move(body), .headers = {}});
      if (came.status == 200) return came.parsed();
      if (came.status == 503)
        ++seen_.unavailable;
      else
        is_wrong(method + ' ' + path, fmt::format("{} {}", came.status, came.body));
    } catch (const std::exception& error) {
      is_wrong(method + ' ' + path, error.what());
    }
    return std::nullopt;
  }

  void is_wrong(const std::string& asked, const std::string& came) { seen_.wrong.push_back(asked + ": " + came); }

  const kind kind_;
  std::vector<json> read_;
  std::vector<json> changed_;
  std::vector<test::http_client> clients_;
  answers seen_;
  std::atomic<int> count_{0};
  std::jthread asking_;
};

std::vector<std::size_t> others_than(std::size_t number, std::size_t count) {
  std::vector<std::size_t> others;
  for (std::size_t other = 0; other < count; ++other)
    if (other != number) others.push_back(other);
  return others;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rolling_update)

BOOST_AUTO_TEST_CASE(each_replica_restarts_in_turn_and_neither_records_nor_requests_notice) {
  replicas servers(3, {{"CLUSTER_HOST", "127.0.0.1"}});
  load under(servers, 4, 3);
  const auto read = servers.consumers(0);
  std::vector<json> changed;
  for (int number = 100; number < 103; ++number) changed.push_back(servers.created(0, number));
  BOOST_TEST_REQUIRE(servers.becomes_shared(0, {5, 5, 5}));
  BOOST_TEST_REQUIRE(servers.all_active(0));
  wait_gauge gauge(under);
  answers all;
  for (std::size_t number = 0; number < servers.size(); ++number) {
    const auto others = others_than(number, servers.size());
    requests reading(requests::kind::reads, servers, others, read, changed);
    requests changing(requests::kind::changes, servers, others, read, changed);
    const auto begun = clock::now();
    BOOST_TEST(servers.process(number).stop() == 0);
    servers.start(number);
    // As Kubernetes does: the next one ends once this one is ready.
    BOOST_TEST(eventually(
        patience, [&] { return servers.client(number).get("/health/ready").status == 200; }, 50ms));
    print("a replica ends and is ready again after", clock::now() - begun);
    BOOST_TEST(eventually(patience, [&] { return reading.count() + changing.count() >= requests_of_each; }));
    for (auto* asking : {&reading, &changing}) {
      const auto seen = asking->stop();
      all.requests += seen.requests;
      all.unavailable += seen.unavailable;
      all.wrong.insert(all.wrong.end(), seen.wrong.begin(), seen.wrong.end());
    }
  }
  BOOST_TEST(servers.becomes_shared(0, {5, 5, 5}));
  const auto longest = gauge.stop();
  BOOST_TEST_REQUIRE(longest.has_value());
  print("longest wait of a record meanwhile", *longest);
  BOOST_TEST((*longest < 2s));
  std::cout << fmt::format("  {} requests meanwhile: {} answered 503, {} wrongly\n", all.requests, all.unavailable,
                           all.wrong.size());
  BOOST_TEST(all.requests >= 1000);
  BOOST_TEST(all.unavailable * 1000 <= all.requests);
  for (std::size_t i = 0; i < std::min<std::size_t>(all.wrong.size(), 5); ++i) BOOST_ERROR(all.wrong[i]);
  under.check_exact();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::rolling_update_test
