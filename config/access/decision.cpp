#include "config/access/decision.hpp"

#include <algorithm>
#include <utility>

#include "config/access/glob.hpp"

namespace kfs {
namespace {

bool covers(const grant& given, const access_object& object) noexcept {
  if (object.tenant.empty()) return given.tenants.all() && !given.consumers;
  if (!given.tenants.holds(object.tenant)) return false;
  if (!given.consumers) return true;
  const auto matches = [&](const std::optional<std::string_view>& name) {
    return name && matches_glob(*given.consumers, *name);
  };
  return matches(object.topic) || matches(object.consumer_group);
}

}  // namespace

const grant* granting(const caller& who, permission wanted, const access_object& object) noexcept {
  const auto found = std::ranges::find_if(
      who.grants, [&](const grant& given) { return given.permissions.holds(wanted) && covers(given, object); });
  return found == who.grants.end() ? nullptr : &*found;
}

access_decision decide(const caller& who, permission wanted, const access_object& object) {
  if (const auto* given = granting(who, wanted, object)) return {access_decision::verdict::allowed, given->rule};
  const bool sees_tenant = object.tenant.empty() || visible_tenants(who).holds(object.tenant);
  return {sees_tenant ? access_decision::verdict::missing_permission : access_decision::verdict::hidden, {}};
}

error not_permitted(permission wanted, std::string_view where) {
  std::string message = "Not permitted: this needs the permission ";
  message += to_string(wanted);
  if (!where.empty()) message += ' ';
  message += where;
  message += '.';
  return {ec::forbidden, std::move(message)};
}

error denial_of(const access_decision& denied, permission wanted, const consumer_id& id) {
  if (denied.outcome == access_decision::verdict::hidden) return {ec::not_found, "Consumer " + id.value + " not found"};
  return not_permitted(wanted, "for this consumer");
}

std::optional<std::string> allowed_somewhere(const caller& who, permission wanted) {
  const auto found = std::ranges::find_if(
      who.grants, [wanted](const grant& given) { return given.permissions.holds(wanted) && !given.tenants.empty(); });
  if (found == who.grants.end()) return std::nullopt;
  return found->rule;
}

tenant_scope tenants_for(const caller& who, permission wanted) {
  tenant_scope tenants;
  for (const auto& given : who.grants) {
    if (given.permissions.holds(wanted)) tenants = tenants.joined(given.tenants);
  }
  return tenants;
}

tenant_scope visible_tenants(const caller& who) {
  tenant_scope tenants;
  for (const auto& given : who.grants) {
    if (given.permissions != permission_set()) tenants = tenants.joined(given.tenants);
  }
  return tenants;
}

}  // namespace kfs
