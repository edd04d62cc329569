#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace kfs::test {

/// The rules of deploy/prometheus and the dashboards of deploy/grafana, as tests read them.
///
/// Threading: none. Errors: std::runtime_error that names the file.

/// One recording or alerting rule.
struct monitoring_rule {
  std::string name;  ///< of the recorded series or of the alert
  bool alerts = false;
  std::string expression;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
};

/// A query, and where it stands.
struct monitoring_query {
  std::string place;  ///< "overview.json, Lag"
  std::string expression;
};

std::vector<std::filesystem::path> rule_files();
std::vector<monitoring_rule> rules_of(const std::filesystem::path& file);
/// The rules of all files.
std::vector<monitoring_rule> all_rules();

std::vector<std::filesystem::path> dashboard_files();
/// The queries of a dashboard's panels and of its variables, with variables replaced by values.
std::vector<monitoring_query> queries_of(const std::filesystem::path& dashboard);

/// What an expression of PromQL asks for.
struct used_names {
  std::map<std::string, std::set<std::string>> selectors;  ///< names of metrics, with the labels that select series
  std::set<std::string> grouping;                          ///< labels of by, on and group_left
};
used_names names_in(const std::string& expression);

/// The label names of every series in an exposition, by the name of its samples. A label counts when every series of
/// that name has it.
std::map<std::string, std::set<std::string>> series_in(const std::string& exposition);

/// A configuration of Prometheus: deploy/prometheus/prometheus.yml with these targets, scraped and evaluated each
/// second.
std::string scrape_configuration(const std::vector<std::string>& targets);

}  // namespace kfs::test
