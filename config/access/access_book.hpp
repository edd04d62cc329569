#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/access/access_rules.hpp"
#include "config/access/api_key.hpp"
#include "config/access/caller.hpp"
#include "config/access/tenant.hpp"
#include "config/base/error.hpp"
#include "config/base/sha256.hpp"

namespace kfs {

/// What is needed to let in whoever holds an API key.
struct key_holder {
  std::optional<sha256_digest>
      secret;  ///< of the key's secret part; nullopt when the store has none, so nobody holds it
  std::optional<timestamp> expires_at;
  std::shared_ptr<const caller> who;  ///< never nullptr
};

/// What a replica knows at one moment of who may do what: roles and bindings, keys, tenants. Immutable.
///
/// A tenant that does not exist grants nothing: not by a key of a tenant that was deleted, and not by a token that
/// names one.
class access_snapshot {
 public:
  access_snapshot(access_rules rules, const std::vector<api_key>& keys, const std::vector<tenant>& tenants);

  /// The key of that id; nullptr when there is none. Points into the snapshot.
  [[nodiscard]] const api_key* key(std::string_view id) const;
  /// The tenant of that name; nullptr when it does not exist. The default tenant always exists.
  [[nodiscard]] const tenant* find_tenant(std::string_view name) const;
  /// Sorted by name.
  [[nodiscard]] const std::map<std::string, tenant, std::less<>>& tenants() const noexcept { return tenants_; }
  [[nodiscard]] const std::map<std::string, api_key, std::less<>>& keys() const noexcept { return keys_; }
  [[nodiscard]] const access_rules& rules() const noexcept { return rules_; }

  /// The holder of the key of that id; nullptr when there is none. Points into the snapshot.
  [[nodiscard]] const key_holder* holder_of(std::string_view key_id) const;
  /// The bearer of a token that was verified.
  [[nodiscard]] caller bearer_of(const token_identity& token) const;

 private:
  [[nodiscard]] caller caller_with(const api_key& key) const;
  [[nodiscard]] caller with_effect(caller who) const;
  [[nodiscard]] tenant_scope existing(const tenant_scope& scope) const;

  access_rules rules_;
  std::map<std::string, api_key, std::less<>> keys_;
  std::map<std::string, tenant, std::less<>> tenants_;
  std::map<std::string, key_holder, std::less<>> holders_;  ///< made once, not for each request
};

/// Keeps the newest access_snapshot of a replica.
///
/// Ownership: shared by what reads and what updates it.
/// Threading: safe from any thread; no call blocks for long.
class access_book {
 public:
  using clock = std::chrono::steady_clock;

  /// Replaces the roles and bindings.
  void set_rules(access_rules rules);
  /// Replaces keys and tenants by what the store held at `at`.
  void set_stored(std::vector<api_key> keys, std::vector<tenant> tenants, clock::time_point at);
  /// The store has said at `at` that what is known is still what it holds.
  void confirm(clock::time_point at);

  [[nodiscard]] std::shared_ptr<const access_snapshot> snapshot() const;
  /// When the store last answered; nullopt before its first answer.
  [[nodiscard]] std::optional<clock::time_point> confirmed_at() const;

 private:
  void renew();

  mutable std::mutex mutex_;
  access_rules rules_;
  std::vector<api_key> keys_;
  std::vector<tenant> tenants_;
  std::optional<clock::time_point> confirmed_at_;
  std::shared_ptr<const access_snapshot> newest_ =
      std::make_shared<const access_snapshot>(access_rules(), std::vector<api_key>(), std::vector<tenant>());
};

}  // namespace kfs
