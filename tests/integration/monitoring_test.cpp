// What deploy/prometheus and deploy/grafana ask for, against what a server shows that has something of everything.

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "tests/integration/running_server.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/http_endpoint.hpp"
#include "tests/support/monitoring_files.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/postgres_server.hpp"

namespace kfs::monitoring_test {

using namespace kfs::integration;
using test::eventually;
using test::monitoring_query;

namespace {

/// Links with TLS, so that there is a certificate; PostgreSQL, so that there is a cluster.
std::map<std::string, std::string> settings_of_everything(const test::certificate_authority& authority) {
  authority.sign("server", "IP:127.0.0.1");
  return {{"DATABASE_URL", test::new_database()},
          {"CLUSTER_HOST", "127.0.0.1"},
          {"CLUSTER_CERTIFICATE", authority.path("server.pem")},
          {"CLUSTER_KEY", authority.path("server.key")},
          {"CLUSTER_CA", authority.path("ca.pem")}};
}

/// A server with one consumer of all types of processors, through which some records have gone.
struct server_with_everything : test::certificate_authority, running_server {
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};
  test::http_endpoint endpoint;
  json consumer;

  server_with_everything() : running_server(settings_of_everything(*this)) {
    BOOST_TEST_REQUIRE(eventually(patience, [&] { return get("/health/ready").status == 200; }));
    const auto topic = kafka.new_topic(3);
    auto body = consumer_body(kafka.bootstrap_servers(), topic, test::unique_name("group"), file("out.log"));
    body["processor_configs"].push_back(
        {{"processor_type", "database_sync"}, {"config", {{"db_dsn", test::new_database()}, {"table", "all"}}}});
    body["processor_configs"].push_back(
        {{"processor_type", "streaming_forwarder"}, {"config", {{"endpoint_url", endpoint.url("/in")}}}});
    consumer = created(body);
    kafka.produce_numbered(topic, 30, "", 3);
    BOOST_TEST_REQUIRE(eventually(patience, [&] { return has_samples(); }), text());
    paused(consumer);
  }

  /// Series appear with the first commit, the first request to the endpoint, and the first placement.
  bool has_samples() {
    const auto shown = test::series_in(text());
    for (const auto* name : {"kafka_fetcher_consumer_lag", "kafka_fetcher_endpoint_breaker_state",
                             "kafka_fetcher_cluster_replicas", "kafka_fetcher_store_up"})
      if (!shown.contains(name)) return false;
    return true;
  }

  std::string text() { return get("/metrics").body; }

  [[nodiscard]] std::filesystem::path write(const std::string& name, const std::string& content) const {
    std::ofstream(directory.path() / name) << content;
    return directory.path() / name;
  }

  /// What promtool prints when it finds a fault; empty when it finds none.
  [[nodiscard]] std::string promtool(const std::string& arguments) const {
    const auto log = directory.path() / "promtool.log";
    std::filesystem::remove(log);
    test::child_process running{{.arguments = {"sh", "-c", "promtool " + arguments},
                                 .environment = test::inherited_environment(),
                                 .working_directory = {},
                                 .output = log}};
    const auto code = running.wait(patience);
    return code == 0 ? "" : "promtool (Debian's package prometheus): " + test::file_text(log);
  }
};

std::vector<monitoring_query> all_queries() {
  std::vector<monitoring_query> all;
  for (const auto& rule : test::all_rules()) all.push_back({"rule " + rule.name, rule.expression});
  for (const auto& file : test::dashboard_files())
    for (auto& query : test::queries_of(file)) all.push_back(std::move(query));
  return all;
}

/// Series that can be asked for, with their labels: those that a server shows, what Prometheus adds, what rules record.
std::map<std::string, std::set<std::string>> known_series(const std::string& exposition) {
  auto known = test::series_in(exposition);
  known["up"] = {};
  known["ALERTS"] = {"alertname", "alertstate"};
  for (auto& [name, labels] : known) labels.insert({"job", "instance"});
  for (const auto& rule : test::all_rules()) {
    if (rule.alerts) continue;
    auto labels = test::names_in(rule.expression).grouping;
    labels.erase("le");
    known[rule.name] = labels;
  }
  return known;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(monitoring)

BOOST_FIXTURE_TEST_CASE(promtool_finds_no_fault_in_the_metrics_of_a_server, server_with_everything) {
  const auto file = write("metrics.txt", text());
  BOOST_TEST(promtool("check metrics <" + file.string()).empty(), promtool("check metrics <" + file.string()));
  // It would find one.
  const auto faulty = write("faulty.txt", "# TYPE faulty counter\nfaulty 1\n");
  BOOST_TEST(!promtool("check metrics <" + faulty.string()).empty());
}

BOOST_FIXTURE_TEST_CASE(everything_that_rules_and_dashboards_name_is_shown_by_a_server, server_with_everything) {
  const auto known = known_series(text());
  int names = 0;
  for (const auto& [place, expression] : all_queries()) {
    const auto used = test::names_in(expression);
    BOOST_TEST(!used.selectors.empty(), place);
    std::set<std::string> present{"job", "instance"};
    for (const auto& [name, labels] : used.selectors) {
      ++names;
      const auto found = known.find(name);
      BOOST_TEST((found != known.end()), place << " asks for " << name << ", which does not exist");
      if (found == known.end()) continue;
      present.insert(found->second.begin(), found->second.end());
      for (const auto& label : labels)
        BOOST_TEST(found->second.contains(label), place << ": " << name << " has no label " << label);
    }
    for (const auto& label : used.grouping)
      BOOST_TEST(present.contains(label), place << " groups by " << label << ", which none of its series has");
  }
  BOOST_TEST(names > 80);
}

BOOST_FIXTURE_TEST_CASE(every_metric_of_a_server_is_in_a_rule_or_a_dashboard, server_with_everything) {
  std::set<std::string> asked;
  for (const auto& query : all_queries())
    for (const auto& [name, labels] : test::names_in(query.expression).selectors) asked.insert(name);
  for (const auto& [name, labels] : test::series_in(text())) {
    if (name.ends_with("_sum") || name.ends_with("_count")) continue;  // of a histogram, asked by its buckets
    BOOST_TEST(asked.contains(name), name << " is shown, and nobody asks for it");
  }
}

BOOST_FIXTURE_TEST_CASE(series_of_a_deleted_consumer_vanish, server_with_everything) {
  const auto id = consumer.at("consumer_id").get<std::string>();
  BOOST_TEST(text().find(id) != std::string::npos);
  deleted(consumer);
  BOOST_TEST(eventually(patience, [&] { return text().find(id) == std::string::npos; }), text());
}

BOOST_FIXTURE_TEST_CASE(promtool_can_read_every_query_of_the_dashboards, server_with_everything) {
  std::string rules = "groups:\n  - name: dashboards\n    rules:\n";
  int number = 0;
  for (const auto& dashboard : test::dashboard_files()) {
    for (const auto& [place, expression] : test::queries_of(dashboard)) {
      rules += "      # " + place + "\n      - record: query_" + std::to_string(++number) +
               "\n        expr: |-\n          " + expression + "\n";
    }
  }
  BOOST_TEST(number > 60);
  const auto file = write("dashboards.yml", rules);
  BOOST_TEST(promtool("check rules " + file.string()).empty(), promtool("check rules " + file.string()) + rules);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::monitoring_test
