#include "http/handlers/access_handlers.hpp"

#include "config/base/ids.hpp"
#include "config/base/text.hpp"
#include "http/auth/guard.hpp"
#include "http/auth/request_access.hpp"
#include "http/dto/access_dto.hpp"
#include "http/message/answers.hpp"
#include "http/message/error_mapping.hpp"
#include "http/message/json_body.hpp"

namespace kfs {
namespace {

option check_field(std::string name, std::string summary) {
  option declared;
  declared.name = std::move(name);
  declared.summary = std::move(summary);
  declared.min_length = 1;
  declared.max_length = 128;
  return declared;
}

const object_schema& check_schema() {
  static const object_schema schema = [] {
    auto wanted = check_field("permission", "The permission in question.");
    wanted.required = true;
    wanted.one_of.assign(permission_names.begin(), permission_names.end());
    return object_schema("access check", "What a caller wants to know about its own permissions.",
                         {std::move(wanted), check_field("consumer_id", "The consumer in question."),
                          check_field("tenant", "The tenant in question.")});
  }();
  return schema;
}

void answer_check(const exchange_ptr& exchanged, const access_decision& decision) {
  exchanged->respond.answer(
      ok({{"allowed", decision.allowed()}, {"rule", decision.allowed() ? json(decision.rule) : json()}}));
}

void check_consumer(application_context& context, const exchange_ptr& exchanged, permission wanted,
                    const std::string& named) {
  const auto id = lower_case(named);
  if (!is_uuid(id)) return answer_check(exchanged, {});
  context.bridge.ask<consumer_view_ptr>(
      context.environment.supervisor, exchanged->request.deadline,
      [exchanged, wanted](const result<consumer_view_ptr>& found) {
        if (!found && found.error().code != ec::not_found) return exchanged->respond.answer(to_response(found.error()));
        // A consumer that does not exist and one that the caller cannot see have the same answer.
        answer_check(exchanged,
                     found ? decide(exchanged->access->who(), wanted, access_object::of_consumer(*(*found)->spec))
                           : access_decision());
      },
      get_atom::value, consumer_id{id});
}

}  // namespace

void whoami(application_context&, const exchange_ptr& exchanged) {
  exchanged->respond.answer(ok(whoami_dto(exchanged->access->who())));
}

void check_access(application_context& context, const exchange_ptr& exchanged) {
  const auto body = read_json_body(exchanged->request);
  if (!body) return exchanged->respond.answer(body.error());
  std::vector<violation> found;
  check_schema().validate(*body, json::array({"body"}), found);
  if (!found.empty()) return exchanged->respond.answer(to_response(found));
  if (body->contains("consumer_id") && body->contains("tenant")) {
    found.push_back({"value_error", json::array({"body", "tenant"}),
                     "Value error, name a consumer or a tenant, not both", nullptr});
    return exchanged->respond.answer(to_response(found));
  }
  const auto wanted = *to_permission(body->at("permission").get<std::string>());
  if (body->contains("consumer_id"))
    return check_consumer(context, exchanged, wanted, body->at("consumer_id").get<std::string>());
  const auto tenant = body->value("tenant", std::string());
  // Nothing can be done in a tenant that does not exist, but to make it.
  if (!tenant.empty() && wanted != permission::tenants_manage &&
      context.environment.access.book->snapshot()->find_tenant(tenant) == nullptr)
    return answer_check(exchanged, {});
  answer_check(exchanged, decide(exchanged->access->who(), wanted,
                                 tenant.empty() ? access_object::whole() : access_object::of_tenant(tenant)));
}

}  // namespace kfs
