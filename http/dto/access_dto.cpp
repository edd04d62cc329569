#include "http/dto/access_dto.hpp"

#include "config/access/decision.hpp"

namespace kfs {

json whoami_dto(const caller& who) {
  permission_set held;
  json grants = json::array();
  for (const auto& given : who.grants) {
    held.add(given.permissions);
    grants.push_back({{"permissions", given.permissions.names()},
                      {"tenants", given.tenants.listed()},
                      {"consumers", given.consumers ? json(*given.consumers) : json()},
                      {"rule", given.rule}});
  }
  return {{"subject", who.name},
          {"kind", to_string(who.kind)},
          {"tenants", visible_tenants(who).listed()},
          {"permissions", held.names()},
          {"grants", std::move(grants)}};
}

json to_dto(const api_key& key) {
  return {{"id", key.id},
          {"name", key.name},
          {"role", key.role},
          {"tenants", key.tenants},
          {"created_at", to_rfc3339(key.created_at)},
          {"expires_at", key.expires_at ? json(to_rfc3339(*key.expires_at)) : json()},
          {"last_used_at", key.last_used_at ? json(to_rfc3339(*key.last_used_at)) : json()}};
}

json to_dto(const tenant& shown, const tenant_usage& used) {
  json dto{{"name", shown.name}, {"quotas", to_json(shown.quotas)}};
  dto["usage"] = {{"consumers", used.consumers}, {"instances", used.instances}};
  dto["allowed"] = to_json(shown.allowed);
  const bool is_stored = shown.created_at != timestamp();
  dto["created_at"] = is_stored ? json(to_rfc3339(shown.created_at)) : json();
  dto["updated_at"] = is_stored ? json(to_rfc3339(shown.updated_at)) : json();
  return dto;
}

}  // namespace kfs
