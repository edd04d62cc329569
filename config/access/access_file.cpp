#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <initializer_list>
#include <set>
#include <utility>

#include "config/access/access_rules.hpp"
#include "config/access/tenant.hpp"
#include "config/base/text.hpp"

namespace kfs {
namespace {

constexpr std::size_t most_entries = 10'000;    ///< of roles, and of bindings
constexpr std::size_t longest_pattern = 1'024;  ///< bytes of a glob, a group or a subject
constexpr std::size_t most_mistakes = 20;
constexpr std::size_t longest_shown = 128;

std::string named(std::string_view text) {
  return "'" + escaped(text, escaping::plain, longest_shown) + "'";
}

/// Reads one file and collects its mistakes.
class access_reader {
 public:
  explicit access_reader(std::string shown_as) : shown_as_(std::move(shown_as)) {}

  result<access_rules> read(const std::string& text) {
    try {
      const auto documents = YAML::LoadAll(text);
      if (documents.size() > 1) reject(documents[1].Mark(), "the file holds more than one document: keep one");
      if (!documents.empty() && !documents.front().IsNull()) read_root(documents.front());
    } catch (const YAML::Exception& problem) {
      reject(problem.mark, "the file is not YAML: " + on_one_line(problem.msg));
    }
    if (mistakes_ == 0) return std::move(rules_);
    if (mistakes_ > most_mistakes) told_ += fmt::format("\n… and {} more", mistakes_ - most_mistakes);
    return failure(ec::invalid_request, told_);
  }

 private:
  void reject(const YAML::Mark& at, const std::string& message) {
    if (++mistakes_ > most_mistakes) return;
    if (!told_.empty()) told_ += '\n';
    told_ += at.is_null() ? fmt::format("{}: {}", shown_as_, message)
                          : fmt::format("{}:{}: {}", shown_as_, at.line + 1, message);
  }

  /// Checks that `map` is a map with these keys only, each once.
  bool check_keys(const YAML::Node& map, const std::string& what, const std::vector<std::string>& known) {
    if (!map.IsMap()) {
      reject(map.Mark(), what + " must be a map of " + listed(known, known.size(), [](auto& key) { return key; }));
      return false;
    }
    std::set<std::string> seen;
    for (const auto& entry : map) {
      const auto key = entry.first.IsScalar() ? entry.first.Scalar() : std::string();
      if (std::ranges::find(known, key) == known.end()) {
        const auto meant = closest_name(key, known);
        reject(entry.first.Mark(),
               fmt::format("{} has no {}{}", what, named(key),
                           meant ? "; did you mean " + *meant + "?"
                                 : "; it has " + listed(known, known.size(), [](auto& name) { return name; })));
      } else if (!seen.insert(key).second) {
        reject(entry.first.Mark(), fmt::format("{} has {} twice: keep one", what, key));
      }
    }
    return true;
  }

  void read_root(const YAML::Node& root) {
    if (!check_keys(root, "the file", {"roles", "bindings"})) return;
    if (const auto roles = root["roles"]; roles && !roles.IsNull()) read_roles(roles);
    if (const auto bindings = root["bindings"]; bindings && !bindings.IsNull()) read_bindings(bindings);
  }

  void read_roles(const YAML::Node& roles) {
    if (!roles.IsMap() || roles.size() > most_entries) {
      return reject(roles.Mark(), "roles must be a map from names to {permissions: […]}");
    }
    for (const auto& entry : roles) read_role(entry.first, entry.second);
  }

  void read_role(const YAML::Node& key, const YAML::Node& value) {
    const auto name = key.IsScalar() ? key.Scalar() : std::string();
    if (!is_role_name(name)) {
      return reject(key.Mark(), named(name) + " cannot be the name of a role: use 1 to 63 letters, digits, -, _ or .");
    }
    if (built_in_role(name)) return reject(key.Mark(), "the role " + name + " is built in: choose another name");
    if (rules_.roles.contains(name)) return reject(key.Mark(), "the role " + name + " is there twice: keep one");
    auto& held = rules_.roles[name];
    if (!check_keys(value, "the role " + name, {"permissions"})) return;
    const auto listed_permissions = value["permissions"];
    if (!listed_permissions || !listed_permissions.IsSequence()) {
      return reject(value.Mark(), "the role " + name + " needs permissions, a list such as [consumers:view]");
    }
    for (const auto& element : listed_permissions) read_permission(element, held);
  }

  void read_permission(const YAML::Node& element, permission_set& into) {
    const auto name = element.IsScalar() ? element.Scalar() : std::string();
    if (const auto known = to_permission(name)) return into.add(*known);
    const std::vector<std::string> names(permission_names.begin(), permission_names.end());
    const auto meant = closest_name(name, names);
    reject(element.Mark(),
           fmt::format("there is no permission {}{}", named(name),
                       meant ? "; did you mean " + *meant + "?"
                             : "; there are " + listed(names, names.size(), [](auto& each) { return each; })));
  }

  void read_bindings(const YAML::Node& bindings) {
    if (!bindings.IsSequence() || bindings.size() > most_entries) {
      return reject(bindings.Mark(), "bindings must be a list of {group or subject, role, tenants, consumers}");
    }
    for (const auto& binding : bindings) read_binding(binding);
  }

  void read_binding(const YAML::Node& node) {
    if (!check_keys(node, "a binding", {"group", "subject", "role", "tenants", "consumers"})) return;
    access_binding binding;
    binding.group = text_of(node, "group");
    binding.subject = text_of(node, "subject");
    if (binding.group.has_value() == binding.subject.has_value()) {
      reject(node.Mark(), "a binding needs either group or subject");
    }
    const auto role = text_of(node, "role");
    if (!role) {
      reject(node.Mark(), "a binding needs a role");
    } else if (!rules_.role(*role)) {
      reject(node["role"].Mark(), fmt::format("there is no role {}: the built-in ones are viewer, operator, editor and "
                                              "admin; others stand under roles",
                                              named(*role)));
    } else {
      binding.role = *role;
    }
    binding.tenants = tenants_of(node);
    binding.consumers = text_of(node, "consumers");
    rules_.bindings.push_back(std::move(binding));
  }

  /// A text that is not empty; nullopt when the key is absent or its value is a mistake.
  std::optional<std::string> text_of(const YAML::Node& node, const char* key) {
    const auto value = node[key];
    if (!value) return std::nullopt;
    if (!value.IsScalar() || value.Scalar().empty() || value.Scalar().size() > longest_pattern) {
      reject(value.Mark(), fmt::format("{} must be a text of 1 to {} bytes", key, longest_pattern));
      return std::nullopt;
    }
    return value.Scalar();
  }

  std::optional<tenant_scope> tenants_of(const YAML::Node& node) {
    const auto value = node["tenants"];
    if (!value) return std::nullopt;
    if (!value.IsSequence() || value.size() == 0) {
      reject(value.Mark(), "tenants must be a list of names, or [\"*\"] for all");
      return tenant_scope();
    }
    std::vector<std::string> names;
    for (const auto& element : value) {
      const auto name = element.IsScalar() ? element.Scalar() : std::string();
      if (name == "*" || is_tenant_name(name)) {
        names.push_back(name);
      } else {
        reject(element.Mark(), named(name) +
                                   " cannot be the name of a tenant: use 1 to 63 lower case letters, digits "
                                   "or -, or \"*\" for all");
      }
    }
    return tenant_scope(names);
  }

  std::string shown_as_;
  access_rules rules_;
  std::string told_;
  std::size_t mistakes_ = 0;
};

}  // namespace

result<access_rules> read_access_rules(const std::string& text, const std::string& shown_as) {
  return access_reader(shown_as).read(text);
}

}  // namespace kfs
