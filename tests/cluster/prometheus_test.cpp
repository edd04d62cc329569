// Debian's Prometheus with the configuration and the rules of deploy/prometheus, beside three replicas.

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <set>

#include "tests/cluster/replicas.hpp"
#include "tests/support/held_port.hpp"
#include "tests/support/monitoring_files.hpp"

namespace kfs::prometheus_test {

using namespace kfs::cluster_test;
using namespace std::chrono_literals;
using test::eventually;

namespace {

std::string free_address() {
  return test::held_port(false).address();
}

/// Prometheus, with its files in a directory of its own.
class prometheus_server {
 public:
  explicit prometheus_server(const std::vector<std::string>& targets)
      : address_(free_address()), client_("http://" + address_), process_(command(targets)) {
    const bool ready = eventually(
        patience, [&] { return answers("/-/ready"); }, 100ms);
    BOOST_TEST_REQUIRE(ready, "Prometheus (Debian's package prometheus): " << log());
  }

  /// `data` of an answer.
  json asked(const std::string& path) {
    const auto answered = client_.get(path);
    BOOST_TEST_REQUIRE(answered.status == 200, answered.body);
    return answered.parsed().at("data");
  }

  /// The value of each series of the answer.
  std::vector<double> values(const std::string& expression) {
    std::vector<double> found;
    const auto answer = asked("/api/v1/query?query=" + test::url_encoded(expression));
    for (const auto& series : answer.at("result"))
      found.push_back(std::stod(series.at("value").at(1).get<std::string>()));
    return found;
  }

  [[nodiscard]] bool becomes(const std::string& expression, const std::vector<double>& wanted) {
    return eventually(
        patience, [&] { return values(expression) == wanted; }, 200ms);
  }

  [[nodiscard]] std::string log() const { return test::file_text(files_.path() / "log"); }

 private:
  test::child_command command(const std::vector<std::string>& targets) const {
    std::ofstream(files_.path() / "prometheus.yml") << test::scrape_configuration(targets);
    return {.arguments = {"prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data",
                          "--web.listen-address=" + address_},
            .environment = test::inherited_environment(),
            .working_directory = files_.path(),
            .output = files_.path() / "log"};
  }

  bool answers(const std::string& path) {
    try {
      return client_.get(path).status == 200;
    } catch (const test::no_answer&) {
      return false;
    }
  }

  test::temp_directory files_;
  std::string address_;
  test::http_client client_;
  test::child_process process_;
};

std::string address_of(replicas& running, std::size_t number) {
  return "127.0.0.1:" + std::to_string(running.process(number).port());
}

struct scraped_replicas : replicas {
  static constexpr int consumers_made = 6;
  prometheus_server prometheus;

  scraped_replicas()
      : replicas(3, {{"REPLICA_LEASE_MS", "3000"}}),
        prometheus({address_of(*this, 0), address_of(*this, 1), address_of(*this, 2)}) {
    for (int number = 0; number < consumers_made; ++number) created(static_cast<std::size_t>(number % 3), number);
    BOOST_TEST_REQUIRE(all_active(0));
  }

  /// The rules by name, as Prometheus judges them.
  std::map<std::string, json> rules() {
    std::map<std::string, json> found;
    const auto answer = prometheus.asked("/api/v1/rules");
    for (const auto& group : answer.at("groups"))
      for (const auto& rule : group.at("rules")) found.emplace(rule.at("name").get<std::string>(), rule);
    return found;
  }

  bool all_evaluated() {
    const auto found = rules();
    return std::ranges::all_of(found, [](const auto& rule) { return rule.second.at("health") != "unknown"; });
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(prometheus)

BOOST_FIXTURE_TEST_CASE(three_replicas_are_scraped_and_every_rule_evaluates_without_an_error, scraped_replicas) {
  BOOST_TEST(prometheus.becomes("sum(up)", {3}));
  BOOST_TEST(eventually(patience, [&] { return all_evaluated(); }));
  const auto found = rules();
  std::set<std::string> named;
  for (const auto& [name, rule] : found) {
    named.insert(name);
    BOOST_TEST(rule.at("health") == "ok", name << ": " << rule.dump());
  }
  for (const auto& rule : test::all_rules()) BOOST_TEST(named.contains(rule.name), rule.name);
  const auto answer = prometheus.asked("/api/v1/targets?state=active");
  for (const auto& target : answer.at("activeTargets")) {
    BOOST_TEST(target.at("lastError") == "", target.dump());
    BOOST_TEST_MESSAGE(target.at("scrapeUrl") << " scraped in " << target.at("lastScrapeDuration") << " s");
  }
  BOOST_TEST(prometheus.becomes("count(consumer:kafka_fetcher_consumer_status:max == 1)",
                                {static_cast<double>(consumers_made)}));
  BOOST_TEST(prometheus.becomes("max(kafka_fetcher_cluster_replicas{state=\"ACTIVE\"})", {3}));
  BOOST_TEST(prometheus.becomes("min(kafka_fetcher_store_up)", {1}));
  BOOST_TEST(prometheus.values("ALERTS{alertstate=\"firing\"}").empty());
  BOOST_TEST_MESSAGE(found.size() << " rules, all ok");
}

BOOST_FIXTURE_TEST_CASE(a_killed_replica_is_down_and_lost_and_its_consumers_are_still_counted_once, scraped_replicas) {
  BOOST_TEST(prometheus.becomes("sum(up)", {3}));
  kill(2);
  BOOST_TEST(prometheus.becomes("sum(up)", {2}));
  BOOST_TEST(prometheus.becomes("max(kafka_fetcher_cluster_replicas{state=\"LOST\"})", {1}));
  BOOST_TEST(prometheus.becomes("count(ALERTS{alertname=\"KafkaFetcherReplicaDown\"})", {1}));
  BOOST_TEST(prometheus.becomes("count(ALERTS{alertname=\"KafkaFetcherReplicaLost\"})", {1}));
  BOOST_TEST(prometheus.becomes("count(consumer:kafka_fetcher_consumer_status:max == 1)",
                                {static_cast<double>(consumers_made)}));
  BOOST_TEST(prometheus.becomes("sum(increase(kafka_fetcher_cluster_moves_total[1m])) > bool 0", {1}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::prometheus_test
