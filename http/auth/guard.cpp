#include "http/auth/guard.hpp"

#include <fmt/format.h>

#include "config/base/text.hpp"
#include "http/auth/request_access.hpp"
#include "http/message/error_mapping.hpp"

namespace kfs {
namespace {

constexpr std::size_t longest_shown_name = 128;

/// Decides, and notes the decision. True when it is allowed.
bool note(request_access& access, access_decision& decision, permission wanted, const access_object& object) {
  decision = decide(access.who(), wanted, object);
  access.rule = decision.rule;
  access.denied = !decision.allowed();
  return decision.allowed();
}

}  // namespace

bool permit(const exchange_ptr& exchanged, permission wanted, const consumer_spec& spec) {
  auto& access = *exchanged->access;
  access.tenant = spec.tenant;
  access.consumer_id = spec.id.value;
  access_decision decision;
  if (note(access, decision, wanted, access_object::of_consumer(spec))) return true;
  exchanged->respond.answer(consumer_error(*exchanged, denial_of(decision, wanted, spec.id)));
  return false;
}

http_response consumer_error(const exchange& exchanged, const error& reason) {
  if (reason.code != ec::not_found) return to_response(reason);
  exchanged.access->miss();
  return to_response(error{reason.code, named_consumer(exchanged.request) + " not found"});
}

bool permit_in_tenant(const exchange_ptr& exchanged, permission wanted, std::string_view tenant) {
  auto& access = *exchanged->access;
  access.name_tenant(tenant);
  access_decision decision;
  if (note(access, decision, wanted, access_object::of_tenant(tenant))) return true;
  const bool hidden = decision.outcome == access_decision::verdict::hidden;
  exchanged->respond.answer(hidden ? no_such_tenant(tenant)
                                   : missing_permission(wanted, fmt::format("in tenant '{}'", tenant)));
  return false;
}

bool permit_whole(const exchange_ptr& exchanged, permission wanted) {
  access_decision decision;
  if (note(*exchanged->access, decision, wanted, access_object::whole())) return true;
  exchanged->respond.answer(missing_permission(wanted, "in all tenants"));
  return false;
}

bool may(const exchange_ptr& exchanged, permission wanted, const consumer_spec& spec) noexcept {
  return granting(exchanged->access->who(), wanted, access_object::of_consumer(spec)) != nullptr;
}

std::vector<consumer_view_ptr> visible_to(const exchange_ptr& exchanged,
                                          const std::vector<consumer_view_ptr>& consumers, permission wanted) {
  std::vector<consumer_view_ptr> visible;
  for (const auto& view : consumers) {
    if (may(exchanged, wanted, *view->spec)) visible.push_back(view);
  }
  return visible;
}

bool may_whole(const exchange_ptr& exchanged, permission wanted) noexcept {
  return granting(exchanged->access->who(), wanted, access_object::whole()) != nullptr;
}

bool may_see_server(const caller& who) noexcept {
  return granting(who, permission::cluster_view, access_object::whole()) != nullptr;
}

error told(const exchange& exchanged, const error& problem) {
  const auto without_places = told_to_tenants(problem);
  if (!without_places || may_see_server(exchanged.access->who())) return problem;
  return {problem.code, *without_places};
}

http_response missing_permission(permission wanted, std::string_view where) {
  return to_response(not_permitted(wanted, where));
}

http_response no_such_tenant(std::string_view name) {
  return to_response(
      error{ec::not_found, fmt::format("Tenant '{}' not found", escaped(name, escaping::plain, longest_shown_name))});
}

}  // namespace kfs
