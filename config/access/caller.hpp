#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/access/permission.hpp"

namespace kfs {

/// The tenant of consumers that name none. It always exists.
inline constexpr std::string_view default_tenant = "default";

/// The tenants in which a permission holds. A value.
class tenant_scope {
 public:
  /// No tenant.
  tenant_scope() = default;
  /// Those named; "*" stands for all, also those that do not exist yet.
  explicit tenant_scope(const std::vector<std::string>& names);

  static tenant_scope every_tenant();

  [[nodiscard]] bool all() const noexcept { return all_; }
  [[nodiscard]] bool empty() const noexcept { return !all_ && names_.empty(); }
  [[nodiscard]] bool holds(std::string_view tenant) const noexcept;
  /// Sorted; empty when the scope holds all tenants.
  [[nodiscard]] const std::vector<std::string>& named() const noexcept { return names_; }
  /// The names, or "*".
  [[nodiscard]] std::vector<std::string> listed() const;

  /// The tenants that are in both.
  [[nodiscard]] tenant_scope within(const tenant_scope& other) const;
  /// The tenants that are in one of them.
  [[nodiscard]] tenant_scope joined(const tenant_scope& other) const;
  bool operator==(const tenant_scope&) const = default;

 private:
  bool all_ = false;
  std::vector<std::string> names_;
};

/// Permissions that hold in some tenants, and perhaps only for some of their consumers.
struct grant {
  permission_set permissions;
  tenant_scope tenants;
  std::optional<std::string> consumers;  ///< a glob that the topic or the group of a consumer matches; nullopt: all
  std::string rule;                      ///< what gives it, for the audit: "role editor of API key 3f2a…"
  bool operator==(const grant&) const = default;
};

/// How a caller has shown who it is.
enum class caller_kind : std::uint8_t {
  anonymous,  ///< not at all: the server asks nobody (AUTH_MODE none)
  api_key,
  jwt,
};

std::string_view to_string(caller_kind kind) noexcept;

/// Who calls, and what it may do.
struct caller {
  caller_kind kind = caller_kind::anonymous;
  std::string name;           ///< the name of the key, or the subject of the token
  std::string credential_id;  ///< the id of the key, or what names the token; never a secret
  std::vector<grant> grants;
  bool operator==(const caller&) const = default;

  /// The caller of a server that asks nobody: it may do everything.
  static caller anyone();
};

}  // namespace kfs
