#include "http/handlers/tenant_handlers.hpp"

#include "http/auth/audit_trail.hpp"
#include "http/auth/guard.hpp"
#include "http/auth/request_access.hpp"
#include "http/dto/access_dto.hpp"
#include "http/message/answers.hpp"
#include "http/message/error_mapping.hpp"
#include "http/message/json_body.hpp"

namespace kfs {
namespace {

/// Goes on with what the store holds now.
void with_newest(application_context& context, const exchange_ptr& exchanged,
                 std::function<void(const access_snapshot&)> go_on) {
  context.bridge.ask<done>(
      context.environment.access.keeper, exchanged->request.deadline,
      [&context, exchanged, go_on = std::move(go_on)](const result<done>& read) {
        if (!read) return exchanged->respond.answer(to_response(read.error()));
        go_on(*context.environment.access.book->snapshot());
      },
      refresh_atom::value);
}

void answer_tenant(application_context& context, const exchange_ptr& exchanged, const tenant& shown, int status) {
  context.bridge.ask<tenant_usage>(
      context.environment.access.store, exchanged->request.deadline,
      [exchanged, shown, status](const result<tenant_usage>& used) {
        if (!used) return exchanged->respond.answer(to_response(used.error()));
        auto answer = ok(to_dto(shown, *used));
        answer.status = status;
        exchanged->respond.answer(std::move(answer));
      },
      usage_atom::value, shown.name);
}

}  // namespace

void list_tenants(application_context& context, const exchange_ptr& exchanged) {
  with_newest(context, exchanged, [exchanged](const access_snapshot& known) {
    auto listed = json::array();
    for (const auto& [name, each] : known.tenants()) {
      if (granting(exchanged->access->who(), permission::tenants_manage, access_object::of_tenant(name)) == nullptr)
        continue;
      listed.push_back({{"name", name}, {"quotas", to_json(each.quotas)}, {"allowed", to_json(each.allowed)}});
    }
    exchanged->respond.answer(ok(listed));
  });
}

void get_tenant(application_context& context, const exchange_ptr& exchanged) {
  const auto name = exchanged->request.parameters.front();
  if (!permit_in_tenant(exchanged, permission::tenants_manage, name)) return;
  with_newest(context, exchanged, [&context, exchanged, name](const access_snapshot& known) {
    const auto* found = known.find_tenant(name);
    if (found == nullptr) return exchanged->respond.answer(no_such_tenant(name));
    answer_tenant(context, exchanged, *found, 200);
  });
}

void put_tenant(application_context& context, const exchange_ptr& exchanged) {
  const auto name = exchanged->request.parameters.front();
  if (!permit_in_tenant(exchanged, permission::tenants_manage, name)) return;
  const auto body = read_json_body(exchanged->request);
  if (!body) return exchanged->respond.answer(body.error());
  std::vector<violation> found;
  if (!is_tenant_name(name)) {
    found.push_back({"value_error", json::array({"path", "tenant"}),
                     "Value error, a tenant's name is 1 to 63 lower case letters, digits or -", nullptr});
  }
  tenant_schema().validate(*body, json::array({"body"}), found);
  if (!found.empty()) return exchanged->respond.answer(to_response(found));
  auto wanted = to_tenant(tenant_schema().cleaned(*body));
  wanted.name = name;
  wanted.created_at = wanted.updated_at = now();
  auto entry = entry_of(*exchanged);
  entry.status = 200;
  context.bridge.ask<put_outcome>(
      context.environment.access.store, exchanged->request.deadline,
      [&context, exchanged, name](const result<put_outcome>& stored) {
        if (!stored) return exchanged->respond.answer(to_response(stored.error()));
        exchanged->access->audited->store(true);
        with_newest(context, exchanged,
                    [&context, exchanged, name, made = stored->created](const access_snapshot& known) {
                      const auto* changed = known.find_tenant(name);
                      if (changed == nullptr) return exchanged->respond.answer(no_such_tenant(name));
                      answer_tenant(context, exchanged, *changed, made ? 201 : 200);
                    });
      },
      update_atom::value, std::move(wanted), std::move(entry));
}

void delete_tenant(application_context& context, const exchange_ptr& exchanged) {
  const auto name = exchanged->request.parameters.front();
  if (!permit_in_tenant(exchanged, permission::tenants_manage, name)) return;
  if (!is_tenant_name(name)) return exchanged->respond.answer(no_such_tenant(name));
  if (name == default_tenant) {
    return exchanged->respond.answer(
        to_response(error{ec::cannot_apply, "The default tenant always exists; PUT it without quotas to lift them"}));
  }
  auto entry = entry_of(*exchanged);
  entry.status = 204;
  context.bridge.ask<done>(
      context.environment.access.store, exchanged->request.deadline,
      [&context, exchanged, name](const result<done>& removed) {
        if (!removed && removed.error().code == ec::not_found) return exchanged->respond.answer(no_such_tenant(name));
        if (!removed) return exchanged->respond.answer(to_response(removed.error()));
        exchanged->access->audited->store(true);
        with_newest(context, exchanged,
                    [exchanged](const access_snapshot&) { exchanged->respond.answer(no_content()); });
      },
      delete_atom::value, tenant_name{name}, std::move(entry));
}

}  // namespace kfs
