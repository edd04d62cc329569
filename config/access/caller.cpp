#include "config/access/caller.hpp"

#include <algorithm>
#include <iterator>

namespace kfs {

tenant_scope::tenant_scope(const std::vector<std::string>& names) : all_(std::ranges::find(names, "*") != names.end()) {
  if (all_) return;
  names_ = names;
  std::ranges::sort(names_);
  const auto repeated = std::ranges::unique(names_);
  names_.erase(repeated.begin(), repeated.end());
}

tenant_scope tenant_scope::every_tenant() {
  tenant_scope every;
  every.all_ = true;
  return every;
}

bool tenant_scope::holds(std::string_view tenant) const noexcept {
  return all_ || std::ranges::binary_search(names_, tenant);
}

std::vector<std::string> tenant_scope::listed() const {
  if (all_) return {"*"};
  return names_;
}

tenant_scope tenant_scope::within(const tenant_scope& other) const {
  if (all_) return other;
  if (other.all_) return *this;
  tenant_scope both;
  std::ranges::set_intersection(names_, other.names_, std::back_inserter(both.names_));
  return both;
}

tenant_scope tenant_scope::joined(const tenant_scope& other) const {
  if (all_ || other.all_) return every_tenant();
  tenant_scope either;
  std::ranges::set_union(names_, other.names_, std::back_inserter(either.names_));
  return either;
}

std::string_view to_string(caller_kind kind) noexcept {
  switch (kind) {
    case caller_kind::anonymous:
      return "anonymous";
    case caller_kind::api_key:
      return "api_key";
    case caller_kind::jwt:
      return "jwt";
  }
  return "anonymous";
}

caller caller::anyone() {
  return {.kind = caller_kind::anonymous,
          .name = "anonymous",
          .credential_id = {},
          .grants = {{.permissions = permission_set::all(),
                      .tenants = tenant_scope::every_tenant(),
                      .consumers = std::nullopt,
                      .rule = "AUTH_MODE none"}}};
}

}  // namespace kfs
