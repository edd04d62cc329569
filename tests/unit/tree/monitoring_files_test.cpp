// The rules and dashboards of deploy/, as far as they can be checked without a server; and how tests read them.

#include "tests/support/monitoring_files.hpp"

#include <boost/test/unit_test.hpp>
#include <sstream>

#include "actors/metrics/metrics.hpp"
#include "config/base/json.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/paths.hpp"

namespace kfs::monitoring_files_test {

using test::names_in;

namespace {

using names = std::set<std::string>;

std::string page_of_metrics() {
  return test::file_text(test::source_file("deploy/prometheus/README.md"));
}

/// The table of metrics as it has to stand in the README.
std::string table_of(const metrics& measured) {
  std::ostringstream table;
  table << "| metric | type | labels | what it is |\n| --- | --- | --- | --- |\n";
  for (const auto& metric : measured.described()) {
    std::string labels;
    for (const auto& label : metric.labels) labels += (labels.empty() ? "`" : ", `") + label + "`";
    table << "| `" << metric.name << "` | " << metric.type << " | " << labels << " | " << metric.help << " |\n";
  }
  return table.str();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(monitoring_files)

BOOST_AUTO_TEST_CASE(the_names_in_an_expression_are_its_metrics_their_labels_and_those_it_groups_by) {
  const auto used = names_in(
      R"(histogram_quantile(0.99, sum by (job, le) (rate(a_bucket{job=~"x y{", code="1"}[5m]))) > 14 * 24 and on (id) b:c)");
  BOOST_TEST((used.selectors == std::map<std::string, names>{{"a_bucket", {"job", "code"}}, {"b:c", {}}}));
  BOOST_TEST((used.grouping == names{"id", "job", "le"}));
  BOOST_TEST((names_in("topk(10, m) / max(n offset 5m) or vector(0)").selectors ==
              std::map<std::string, names>{{"m", {}}, {"n", {}}}));
}

BOOST_AUTO_TEST_CASE(the_series_of_an_exposition_have_the_labels_that_all_of_a_name_have) {
  const auto found =
      test::series_in("# HELP m M{a=\"b\"}.\n# TYPE m gauge\nm{a=\"1\",b=\"x\\\"},{\"} 1\nm{a=\"2\"} 3\nn 4\n");
  BOOST_TEST((found == std::map<std::string, names>{{"m", {"a"}}, {"n", {}}}));
}

BOOST_AUTO_TEST_CASE(every_alert_says_what_it_means_what_to_look_at_and_what_to_do) {
  int alerts = 0;
  for (const auto& rule : test::all_rules()) {
    if (!rule.alerts) continue;
    ++alerts;
    for (const auto* text : {"summary", "meaning", "look_at", "to_do"})
      BOOST_TEST((rule.annotations.contains(text) && !rule.annotations.at(text).empty()), rule.name << ": " << text);
    const auto severity = rule.labels.find("severity");
    BOOST_TEST((severity != rule.labels.end() && (severity->second == "warning" || severity->second == "critical")),
               rule.name);
    BOOST_TEST(page_of_metrics().find("| `" + rule.name + "` |") != std::string::npos,
               rule.name << " is missing in deploy/prometheus/README.md");
  }
  BOOST_TEST(alerts > 10);
}

BOOST_AUTO_TEST_CASE(every_alert_is_tested_to_fire_and_not_to_fire) {
  const auto tests = test::file_text(test::source_file("deploy/prometheus/tests/consumers_test.yml")) +
                     test::file_text(test::source_file("deploy/prometheus/tests/server_test.yml"));
  for (const auto& rule : test::all_rules()) {
    if (!rule.alerts) continue;
    BOOST_TEST(tests.find("- alertname: " + rule.name + "\n") != std::string::npos, rule.name << " never fires");
    const auto quiet = tests.find("- {alertname: " + rule.name + ", ");
    BOOST_TEST((quiet != std::string::npos && tests.find("exp_alerts: []}", quiet) < tests.find('\n', quiet)),
               rule.name << " always fires");
  }
}

BOOST_AUTO_TEST_CASE(every_recorded_series_is_tested) {
  const auto tests = test::file_text(test::source_file("deploy/prometheus/tests/recording_test.yml"));
  for (const auto& rule : test::all_rules())
    if (!rule.alerts) BOOST_TEST(tests.find("expr: " + rule.name + "\n") != std::string::npos, rule.name);
}

BOOST_AUTO_TEST_CASE(dashboards_have_ids_of_their_own_and_every_panel_says_what_it_shows) {
  names ids;
  for (const auto& file : test::dashboard_files()) {
    const auto dashboard = json::parse(test::file_text(file));
    BOOST_TEST(ids.insert(dashboard.at("uid").get<std::string>()).second, file);
    std::set<int> panels;
    for (const auto& panel : dashboard.at("panels")) {
      BOOST_TEST(panels.insert(panel.at("id").get<int>()).second, file);
      if (panel.at("type") == "row") continue;
      BOOST_TEST(!panel.at("description").get<std::string>().empty(), panel.at("title"));
      BOOST_TEST(!panel.at("targets").empty(), panel.at("title"));
    }
  }
  BOOST_TEST(ids.size() == 3u);
}

BOOST_AUTO_TEST_CASE(the_page_of_metrics_has_the_table_of_all_that_are_declared) {
  const auto table = table_of(metrics());
  BOOST_TEST((page_of_metrics().find(table) != std::string::npos),
             "deploy/prometheus/README.md has to hold this table:\n" + table);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::monitoring_files_test
