#include "tests/support/monitoring_files.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "config/base/json.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/paths.hpp"

namespace kfs::test {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_in(const std::string& folder, const std::string& extension) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(source_file(folder)))
    if (entry.path().extension() == extension) found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

std::map<std::string, std::string> texts_of(const YAML::Node& node) {
  return node ? node.as<std::map<std::string, std::string>>() : std::map<std::string, std::string>();
}

void replace_all(std::string& text, std::string_view sought, std::string_view with) {
  for (auto at = text.find(sought); at != std::string::npos; at = text.find(sought, at + with.size()))
    text.replace(at, sought.size(), with);
}

/// As Grafana does before it asks.
std::string with_values(std::string expression) {
  replace_all(expression, "$__rate_interval", "5m");
  for (const auto* variable : {"$job", "$instance", "$consumer_id"}) replace_all(expression, variable, ".*");
  if (expression.find('$') != std::string::npos) throw std::runtime_error("an unknown variable in " + expression);
  return expression;
}

/// "label_values(metric{…}, label)" asks for the metric by that label.
std::string expression_of_variable(const std::string& query) {
  constexpr std::string_view begin = "label_values(";
  const auto comma = query.rfind(',');
  if (!query.starts_with(begin) || !query.ends_with(')') || comma == std::string::npos)
    throw std::runtime_error("an unknown kind of variable: " + query);
  const auto label = query.substr(comma + 2, query.size() - comma - 3);
  return "group by (" + label + ") (" + query.substr(begin.size(), comma - begin.size()) + ")";
}

void add_panels(const json& panels, const std::string& file, std::vector<monitoring_query>& to) {
  for (const auto& panel : panels) {
    const auto title = panel.at("title").get<std::string>();
    for (const auto& target : panel.value("targets", json::array()))
      to.push_back({file + ", " + title, with_values(target.at("expr").get<std::string>())});
    add_panels(panel.value("panels", json::array()), file, to);
  }
}

/// Reads an expression word by word. Words in quotes and durations are passed over.
class expression_reader {
 public:
  explicit expression_reader(const std::string& text) : text_(text) {}

  used_names read() {
    while (at_ < text_.size()) {
      if (text_[at_] == '"')
        skip_quoted();
      else if (text_[at_] == '[')
        at_ = std::min(text_.find(']', at_), text_.size());
      else if (std::isdigit(static_cast<unsigned char>(text_[at_])) != 0)
        (void)word();  // a number, or a duration
      else if (begins_word())
        take(word());
      else
        ++at_;
    }
    return found_;
  }

 private:
  [[nodiscard]] bool begins_word() const {
    return std::isalpha(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '_' || text_[at_] == ':';
  }

  std::string word() {
    const auto begin = at_;
    while (at_ < text_.size() && (begins_word() || std::isdigit(static_cast<unsigned char>(text_[at_])) != 0)) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  char next() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  void skip_quoted() { at_ = std::min(text_.find('"', at_ + 1), text_.size() - 1) + 1; }

  void take(const std::string& name) {
    static const std::set<std::string> with_labels{"by", "without", "on", "ignoring", "group_left", "group_right"};
    static const std::set<std::string> words{"and", "or",  "unless", "bool",  "offset", "inf",  "nan",     "sum",
                                             "min", "max", "avg",    "count", "group",  "topk", "bottomk", "quantile"};
    if (with_labels.contains(name)) {
      if (next() == '(') labels(')', found_.grouping);
    } else if (!words.contains(name) && next() != '(') {
      auto& selecting = found_.selectors[name];
      if (next() == '{') labels('}', selecting);
    }
  }

  /// Names up to the closing bracket.
  void labels(char closing, std::set<std::string>& to) {
    ++at_;
    while (at_ < text_.size() && text_[at_] != closing) {
      if (text_[at_] == '"')
        skip_quoted();
      else if (begins_word())
        to.insert(word());
      else
        ++at_;
    }
  }

  const std::string& text_;
  std::size_t at_ = 0;
  used_names found_;
};

std::set<std::string> labels_of_sample(std::string_view labels) {
  std::set<std::string> names;
  while (!labels.empty()) {
    const auto equals = labels.find("=\"");
    names.emplace(labels.substr(0, equals));
    auto end = equals + 2;
    while (labels[end] != '"') end += labels[end] == '\\' ? 2 : 1;
    labels.remove_prefix(std::min(end + 2, labels.size()));  // the quote and a comma
  }
  return names;
}

}  // namespace

std::vector<fs::path> rule_files() {
  return files_in("deploy/prometheus/rules", ".yml");
}

std::vector<monitoring_rule> rules_of(const fs::path& file) {
  std::vector<monitoring_rule> rules;
  const auto root = YAML::LoadFile(file.string());
  for (const auto& group : root["groups"]) {
    for (const auto& rule : group["rules"]) {
      const bool alerts = rule["alert"].IsDefined();
      rules.push_back({.name = rule[alerts ? "alert" : "record"].as<std::string>(),
                       .alerts = alerts,
                       .expression = rule["expr"].as<std::string>(),
                       .labels = texts_of(rule["labels"]),
                       .annotations = texts_of(rule["annotations"])});
    }
  }
  return rules;
}

std::vector<monitoring_rule> all_rules() {
  std::vector<monitoring_rule> all;
  for (const auto& file : rule_files()) {
    auto rules = rules_of(file);
    std::ranges::move(rules, std::back_inserter(all));
  }
  return all;
}

std::vector<fs::path> dashboard_files() {
  return files_in("deploy/grafana/dashboards", ".json");
}

std::vector<monitoring_query> queries_of(const fs::path& dashboard) {
  const auto root = json::parse(file_text(dashboard));
  const auto file = dashboard.filename().string();
  std::vector<monitoring_query> queries;
  for (const auto& variable : root.at("templating").at("list")) {
    if (variable.at("type") != "query") continue;
    const auto query = variable.at("query").at("query").get<std::string>();
    queries.push_back(
        {file + ", variable " + variable.at("name").get<std::string>(), with_values(expression_of_variable(query))});
  }
  add_panels(root.at("panels"), file, queries);
  return queries;
}

used_names names_in(const std::string& expression) {
  return expression_reader(expression).read();
}

std::map<std::string, std::set<std::string>> series_in(const std::string& exposition) {
  std::map<std::string, std::set<std::string>> found;
  std::string_view rest = exposition;
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.empty() || line.starts_with('#')) continue;
    const auto brace = line.find('{');
    const auto name = std::string(line.substr(0, line.find_first_of("{ ")));
    const auto labels = brace == std::string_view::npos
                            ? std::set<std::string>()
                            : labels_of_sample(line.substr(brace + 1, line.rfind('}') - brace - 1));
    const auto [known, is_first] = found.emplace(name, labels);
    if (!is_first) std::erase_if(known->second, [&](const std::string& label) { return !labels.contains(label); });
  }
  return found;
}

std::string scrape_configuration(const std::vector<std::string>& targets) {
  auto root = YAML::LoadFile(source_file("deploy/prometheus/prometheus.yml"));
  root["global"]["scrape_interval"] = "1s";
  root["global"]["evaluation_interval"] = "1s";
  std::vector<std::string> rules;
  for (const auto& pattern : root["rule_files"])
    rules.push_back(source_file("deploy/prometheus/" + pattern.as<std::string>()));
  root["rule_files"] = rules;
  root["scrape_configs"][0]["static_configs"][0]["targets"] = targets;
  YAML::Emitter text;
  text << root;
  return text.c_str();
}

}  // namespace kfs::test
