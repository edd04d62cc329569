#include "config/access/permission.hpp"

#include <algorithm>

namespace kfs {

std::string_view to_string(permission wanted) noexcept {
  return permission_names[static_cast<std::size_t>(wanted)];
}

std::optional<permission> to_permission(std::string_view name) noexcept {
  const auto found = std::ranges::find(permission_names, name);
  if (found == permission_names.end()) return std::nullopt;
  return static_cast<permission>(found - permission_names.begin());
}

std::vector<std::string> permission_set::names() const {
  std::vector<std::string> held;
  for (std::size_t index = 0; index < permission_names.size(); ++index) {
    if (bits_.test(index)) held.emplace_back(permission_names[index]);
  }
  return held;
}

permission_set permission_set::all() noexcept {
  permission_set every;
  every.bits_.set();
  return every;
}

std::optional<permission_set> built_in_role(std::string_view name) {
  using enum permission;
  permission_set held{consumers_view, groups_view, cluster_view, metrics_view};
  if (name == "viewer") return held;
  held.add({consumers_operate, offsets_change, dead_letters_view, dead_letters_redrive});
  if (name == "operator") return held;
  held.add(consumers_edit);
  if (name == "editor") return held;
  if (name == "admin") return permission_set::all();
  return std::nullopt;
}

}  // namespace kfs
