#include "config/access/access_rules.hpp"

#include <algorithm>

namespace kfs {
namespace {

constexpr std::size_t longest_name = 63;

bool fits(const access_binding& binding, const token_identity& caller) {
  if (binding.subject) return *binding.subject == caller.subject;
  return std::ranges::find(caller.groups, *binding.group) != caller.groups.end();
}

tenant_scope tenants_of(const access_binding& binding, const token_identity& caller) {
  if (!caller.tenants) return binding.tenants.value_or(tenant_scope());
  const tenant_scope named(*caller.tenants);
  return binding.tenants ? binding.tenants->within(named) : named;
}

std::string rule_of(const access_binding& binding) {
  const auto whom = binding.subject ? "subject " + *binding.subject : "group " + *binding.group;
  return "role " + binding.role + " of " + whom + (binding.consumers ? " for consumers " + *binding.consumers : "");
}

bool all_of_name(std::string_view name, bool (*allowed)(char)) noexcept {
  return !name.empty() && name.size() <= longest_name && std::ranges::all_of(name, allowed);
}

}  // namespace

std::optional<permission_set> access_rules::role(std::string_view name) const {
  if (auto built_in = built_in_role(name)) return built_in;
  const auto found = roles.find(name);
  if (found == roles.end()) return std::nullopt;
  return found->second;
}

std::vector<grant> access_rules::grants_of(const token_identity& caller) const {
  std::vector<grant> given;
  for (const auto& binding : bindings) {
    if (!fits(binding, caller)) continue;
    auto tenants = tenants_of(binding, caller);
    if (tenants.empty()) continue;
    given.push_back(
        {role(binding.role).value_or(permission_set()), std::move(tenants), binding.consumers, rule_of(binding)});
  }
  return given;
}

bool is_role_name(std::string_view name) noexcept {
  return all_of_name(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

}  // namespace kfs
