#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "actors/command_context.hpp"
#include "config/access/decision.hpp"
#include "config/base/ids.hpp"
#include "http/auth/authenticator.hpp"
#include "http/auth/route_access.hpp"

namespace kfs {

/// Who sends a request, and what was decided about it. Its parts are filled in as they become known.
///
/// Ownership: shared by an exchange and by what accounts for its answer.
/// Threading: the handler's continuations run one after the other; `audited` is set by the store's thread.
struct request_access {
  const route_access* route = nullptr;  ///< nullptr when no route was found
  signed_in_ptr caller;                 ///< nullptr on open routes, and until the caller is known
  std::string tenant;                   ///< that the request acts on; empty when it is about none or the whole
  std::string consumer_id;              ///< of the consumer that the request acts on
  std::string rule;                     ///< that allowed it; empty when nothing did
  bool denied = false;
  std::shared_ptr<late_denial> denial;  ///< of the command that the request has sent; nullptr until then
  /// True once an entry of the audit says what the request did.
  std::shared_ptr<std::atomic<bool>> audited = std::make_shared<std::atomic<bool>>(false);

  /// Notes that the request is denied: no rule allows it.
  void deny() {
    denied = true;
    rule.clear();
  }

  /// Notes that what the request asks for does not exist, or that the caller must not know that it does. The audit
  /// makes no difference between the two: to a caller of some tenants both are denials in its own tenant.
  void miss() {
    tenant.clear();
    if (!visible_tenants(who()).all()) deny();
  }

  /// Notes the tenant that a request names. What is no name may be anything, and is not noted.
  void name_tenant(std::string_view name) {
    if (is_tenant_name(name)) tenant = name;
  }

  /// The tenant whose auditors shall see what the request did: the one that it acted on, else the only one in which the
  /// caller acts.
  [[nodiscard]] std::string audited_tenant() const {
    if (!tenant.empty() || !caller) return tenant;
    const auto scope = visible_tenants(*caller->who);
    return !scope.all() && scope.named().size() == 1 ? scope.named().front() : std::string();
  }

  /// Notes that the command was denied when its turn came, if it was. Called when the request is answered.
  void take_late_denial() {
    const auto* denied_in = denial ? denial->tenant() : nullptr;
    if (denied_in == nullptr) return;
    if (!visible_tenants(who()).holds(*denied_in)) return miss();
    tenant = *denied_in;
    deny();
  }

  /// Who calls: on open routes and before it is known, somebody without permissions.
  [[nodiscard]] const kfs::caller& who() const {
    static const kfs::caller nobody{.kind = caller_kind::anonymous, .name = {}, .credential_id = {}, .grants = {}};
    return caller ? *caller->who : nobody;
  }
};

}  // namespace kfs
