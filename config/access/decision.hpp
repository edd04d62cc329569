#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/access/caller.hpp"
#include "config/base/error.hpp"
#include "config/consumers/spec.hpp"

namespace kfs {

/// What a caller wants to act on: a consumer, a tenant as a whole, or the whole of all tenants.
struct access_object {
  std::string_view tenant;                     ///< empty: the whole
  std::optional<std::string_view> topic = {};  ///< of a consumer
  std::optional<std::string_view> consumer_group = {};

  static access_object whole() noexcept { return {}; }
  static access_object of_tenant(std::string_view name) noexcept { return {.tenant = name}; }
  /// Points into `spec`.
  static access_object of_consumer(const consumer_spec& spec) noexcept {
    return {.tenant = spec.tenant, .topic = spec.topic, .consumer_group = spec.consumer_group};
  }
};

/// Whether a caller may do something, and by which rule.
struct access_decision {
  enum class verdict : std::uint8_t {
    allowed,
    missing_permission,  ///< the caller may see the object's tenant, but may not do this
    hidden,              ///< the caller may not know that the object exists
  };
  verdict outcome = verdict::hidden;
  std::string rule;  ///< what allows it; empty when nothing does

  [[nodiscard]] bool allowed() const noexcept { return outcome == verdict::allowed; }
};

/// The first grant that allows `wanted` on the object; nullptr when none does. Points into `who`.
const grant* granting(const caller& who, permission wanted, const access_object& object) noexcept;

/// Decides by the caller's grants alone; the first grant that allows it is the rule. Deny by default.
///
/// A grant for some consumers allows nothing on a tenant as a whole, and only a grant for every tenant allows something
/// on the whole.
access_decision decide(const caller& who, permission wanted, const access_object& object);

/// The error of a caller without a permission: forbidden. `where` completes the sentence: "for this consumer".
error not_permitted(permission wanted, std::string_view where = {});

/// The error of a caller that may not do `wanted` with a consumer, as was decided: not_permitted(), or not_found when
/// the caller may not know that the consumer exists.
error denial_of(const access_decision& denied, permission wanted, const consumer_id& id);

/// The rule that allows `wanted` on some object; nullopt when nothing does. Enough to let a request go on to where its
/// objects are known.
std::optional<std::string> allowed_somewhere(const caller& who, permission wanted);

/// The tenants in which the caller may do `wanted`, for some consumers at least.
tenant_scope tenants_for(const caller& who, permission wanted);

/// The tenants in which the caller may do anything.
tenant_scope visible_tenants(const caller& who);

}  // namespace kfs
