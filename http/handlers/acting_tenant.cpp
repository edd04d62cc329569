#include "http/handlers/acting_tenant.hpp"

#include "http/auth/guard.hpp"
#include "http/auth/request_access.hpp"
#include "http/message/error_mapping.hpp"

namespace kfs {
namespace {

constexpr const char* field = "tenant";

void answer_mistake(const exchange_ptr& exchanged, json loc, std::string message) {
  exchanged->respond.answer(
      to_response(std::vector<violation>{{"value_error", std::move(loc), std::move(message), nullptr}}));
}

/// The tenant that the request names, as far as it does.
std::optional<std::string> named_tenant(const http_request& request, const json& body) {
  const auto in_body = body.find(field);
  if (in_body != body.end() && in_body->is_string()) return in_body->get<std::string>();
  return request.tenant;
}

bool is_visible(const application_context& context, const exchange_ptr& exchanged, const std::string& tenant) {
  return context.environment.access.book->snapshot()->find_tenant(tenant) != nullptr &&
         visible_tenants(exchanged->access->who()).holds(tenant);
}

}  // namespace

void with_tenant(application_context& context, const exchange_ptr& exchanged, json body,
                 std::function<void(json)> go_on) {
  if (!body.is_object()) return go_on(std::move(body));  // the rules of the body reject it
  auto& access = *exchanged->access;
  auto named = named_tenant(exchanged->request, body);
  if (named && exchanged->request.tenant.value_or(*named) != *named) {
    return answer_mistake(exchanged, json::array({"body", field}),
                          "Value error, X-Tenant names another tenant; name one, or the same in both");
  }
  if (!named) {
    const auto scope = tenants_for(access.who(), permission::consumers_edit);
    if (!scope.all() && scope.named().size() != 1) {
      return answer_mistake(exchanged, json::array({"header", "X-Tenant"}),
                            "Value error, you act in several tenants: name one with X-Tenant, or as \"tenant\" in the "
                            "body");
    }
    named = scope.all() ? std::string(default_tenant) : scope.named().front();
  }
  access.name_tenant(*named);
  // A tenant that is no text stays as it is, so that the rules of the body reject it.
  if (!body.contains(field) || body[field].is_null()) body[field] = *named;
  if (is_visible(context, exchanged, *named)) return go_on(std::move(body));
  context.bridge.ask<done>(
      context.environment.access.keeper, exchanged->request.deadline,
      [&context, exchanged, body = std::move(body), go_on = std::move(go_on), tenant = *named](const result<done>&) {
        auto& asking = *exchanged->access;
        if (auto now_permitted = context.environment.access.authentication->renewed(*asking.caller)) {
          asking.caller = std::move(now_permitted);
        }
        if (is_visible(context, exchanged, tenant)) return go_on(body);
        asking.deny();
        exchanged->respond.answer(no_such_tenant(tenant));
      },
      refresh_atom::value);
}

}  // namespace kfs
