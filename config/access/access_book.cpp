#include "config/access/access_book.hpp"

#include <algorithm>
#include <utility>

namespace kfs {

access_snapshot::access_snapshot(access_rules rules, const std::vector<api_key>& keys,
                                 const std::vector<tenant>& tenants)
    : rules_(std::move(rules)) {
  for (const auto& key : keys) keys_.emplace(key.id, key);
  for (const auto& each : tenants) tenants_.emplace(each.name, each);
  tenant by_default;
  by_default.name = default_tenant;
  tenants_.emplace(default_tenant, std::move(by_default));
  for (const auto& [id, key] : keys_) {
    holders_.emplace(id, key_holder{.secret = sha256_from_hex(key.secret_sha256),
                                    .expires_at = key.expires_at,
                                    .who = std::make_shared<const caller>(caller_with(key))});
  }
}

const api_key* access_snapshot::key(std::string_view id) const {
  const auto found = keys_.find(id);
  return found == keys_.end() ? nullptr : &found->second;
}

const tenant* access_snapshot::find_tenant(std::string_view name) const {
  const auto found = tenants_.find(name);
  return found == tenants_.end() ? nullptr : &found->second;
}

const key_holder* access_snapshot::holder_of(std::string_view key_id) const {
  const auto found = holders_.find(key_id);
  return found == holders_.end() ? nullptr : &found->second;
}

caller access_snapshot::caller_with(const api_key& key) const {
  return with_effect({.kind = caller_kind::api_key,
                      .name = key.name,
                      .credential_id = key.id,
                      .grants = {{.permissions = rules_.role(key.role).value_or(permission_set()),
                                  .tenants = tenant_scope(key.tenants),
                                  .consumers = std::nullopt,
                                  .rule = "role " + key.role + " of API key " + key.id}}});
}

caller access_snapshot::bearer_of(const token_identity& token) const {
  return with_effect({.kind = caller_kind::jwt,
                      .name = token.subject,
                      .credential_id = token.credential_id,
                      .grants = rules_.grants_of(token)});
}

/// The caller with the grants that give something.
caller access_snapshot::with_effect(caller who) const {
  for (auto& given : who.grants) given.tenants = existing(given.tenants);
  std::erase_if(who.grants,
                [](const grant& given) { return given.tenants.empty() || given.permissions == permission_set(); });
  return who;
}

tenant_scope access_snapshot::existing(const tenant_scope& scope) const {
  if (scope.all()) return scope;
  std::vector<std::string> names;
  for (const auto& name : scope.named()) {
    if (tenants_.contains(name)) names.push_back(name);
  }
  return tenant_scope(names);
}

void access_book::set_rules(access_rules rules) {
  const std::lock_guard lock(mutex_);
  rules_ = std::move(rules);
  renew();
}

void access_book::set_stored(std::vector<api_key> keys, std::vector<tenant> tenants, clock::time_point at) {
  const std::lock_guard lock(mutex_);
  keys_ = std::move(keys);
  tenants_ = std::move(tenants);
  confirmed_at_ = at;
  renew();
}

void access_book::confirm(clock::time_point at) {
  const std::lock_guard lock(mutex_);
  confirmed_at_ = at;
}

std::shared_ptr<const access_snapshot> access_book::snapshot() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

std::optional<access_book::clock::time_point> access_book::confirmed_at() const {
  const std::lock_guard lock(mutex_);
  return confirmed_at_;
}

void access_book::renew() {
  newest_ = std::make_shared<const access_snapshot>(rules_, keys_, tenants_);
}

}  // namespace kfs
