#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kfs {

/// What a caller may do. Each route of the API needs one of these, unless it is open to all.
enum class permission : std::uint8_t {
  consumers_view,        ///< list and read consumers, their status, events and lag
  consumers_operate,     ///< start, stop, pause, resume, restart
  consumers_edit,        ///< create, update, delete, roll back, try without effect
  offsets_change,        ///< change the committed offsets of a consumer
  dead_letters_view,     ///< read records that were rejected
  dead_letters_redrive,  ///< send them again
  groups_view,           ///< read every group of every allowed cluster
  cluster_view,
  cluster_operate,
  metrics_view,
  audit_view,
  keys_manage,
  tenants_manage,
};

/// The names of the permissions, in the order of the enumeration.
inline constexpr std::array<std::string_view, 13> permission_names{
    "consumers:view",       "consumers:operate", "consumers:edit", "offsets:change",  "dead_letters:view",
    "dead_letters:redrive", "groups:view",       "cluster:view",   "cluster:operate", "metrics:view",
    "audit:view",           "keys:manage",       "tenants:manage"};

std::string_view to_string(permission wanted) noexcept;

/// The permission of that name; nullopt when there is none.
std::optional<permission> to_permission(std::string_view name) noexcept;

/// A set of permissions. A value.
class permission_set {
 public:
  permission_set() = default;
  permission_set(std::initializer_list<permission> all) {
    for (const auto one : all) add(one);
  }
  void add(permission added) noexcept { bits_.set(static_cast<std::size_t>(added)); }
  void add(const permission_set& others) noexcept { bits_ |= others.bits_; }
  [[nodiscard]] bool holds(permission wanted) const noexcept { return bits_.test(static_cast<std::size_t>(wanted)); }
  /// The names of the permissions, in the order of the enumeration.
  [[nodiscard]] std::vector<std::string> names() const;
  bool operator==(const permission_set&) const = default;

  static permission_set all() noexcept;

 private:
  std::bitset<permission_names.size()> bits_;
};

/// The names of the roles that every server knows.
inline constexpr std::array<std::string_view, 4> built_in_roles{"viewer", "operator", "editor", "admin"};

/// The permissions of a built-in role; nullopt when `name` is not one.
std::optional<permission_set> built_in_role(std::string_view name);

}  // namespace kfs
