#include "http/handlers/consumer_reply.hpp"

#include "config/access/tenant_check.hpp"
#include "config/base/text.hpp"
#include "http/auth/audit_trail.hpp"
#include "http/auth/guard.hpp"
#include "http/auth/request_access.hpp"
#include "http/dto/consumer_dto.hpp"
#include "http/message/answers.hpp"
#include "http/message/error_mapping.hpp"
#include "http/message/uri.hpp"

namespace kfs {
namespace {

void ask_supervisor(application_context& context, const exchange_ptr& exchanged, const consumer_id& id,
                    permission wanted, std::function<void(const consumer_view&)> go_on) {
  context.bridge.ask<consumer_view_ptr>(
      context.environment.supervisor, exchanged->request.deadline,
      [exchanged, wanted, go_on = std::move(go_on)](const result<consumer_view_ptr>& found) {
        if (!found) return exchanged->respond.answer(consumer_error(*exchanged, found.error()));
        if (permit(exchanged, wanted, *(*found)->spec)) go_on(**found);
      },
      get_atom::value, id);
}

}  // namespace

command_context command_of(const exchange& exchanged, permission needed, int status) {
  const auto& request = exchanged.request;
  auto entry = entry_of(exchanged);
  entry.status = status;
  auto& access = *exchanged.access;
  command_right right{.sender = access.caller->who, .needed = needed};
  access.denial = right.denial;
  principal sender{entry.actor.kind, entry.actor.name, entry.actor.credential_id, entry.source};
  return {.request_id = request.request_id,
          .deadline = request.deadline,
          .sender = std::move(sender),
          .audit = command_audit{std::move(entry), access.audited},
          .right = std::move(right)};
}

std::optional<consumer_id> consumer_in_path(const exchange_ptr& exchanged) {
  auto id = lower_case(exchanged->request.parameters.front());
  if (is_uuid(id)) return consumer_id{std::move(id)};
  exchanged->respond.answer(consumer_error(*exchanged, {ec::not_found, {}}));
  return std::nullopt;
}

const std::string& body_of(const consumer_view& view) {
  return view.answer->get([&view] { return to_body(to_dto(view)); });
}

void answer_view(const exchange_ptr& exchanged, const result<consumer_view_ptr>& outcome) {
  if (!outcome) return exchanged->respond.answer(consumer_error(*exchanged, outcome.error()));
  exchanged->respond.answer(with_etag(ok_json(body_of(**outcome)), (*outcome)->spec->rev));
}

void with_permitted_consumer(application_context& context, const exchange_ptr& exchanged, permission wanted,
                             std::function<void(const consumer_view&)> go_on) {
  const auto id = consumer_in_path(exchanged);
  if (!id) return;
  const auto kept = context.environment.kept.find(*id);
  if (!kept) return ask_supervisor(context, exchanged, *id, wanted, std::move(go_on));
  if (permit(exchanged, wanted, *kept->spec)) go_on(*kept);
}

void with_observed_consumer(application_context& context, const exchange_ptr& exchanged, permission wanted,
                            std::function<void(const consumer_view&)> go_on) {
  const auto id = consumer_in_path(exchanged);
  if (id) ask_supervisor(context, exchanged, *id, wanted, std::move(go_on));
}

void with_all_consumers(application_context& context, const exchange_ptr& exchanged,
                        std::function<void(const std::vector<consumer_view_ptr>&)> go_on) {
  if (const auto kept = context.environment.kept.all()) return go_on(*kept);
  context.bridge.ask<consumer_views>(
      context.environment.supervisor, exchanged->request.deadline,
      [exchanged, go_on = std::move(go_on)](const result<consumer_views>& found) {
        if (!found) return exchanged->respond.answer(to_response(found.error()));
        go_on(**found);
      },
      list_atom::value);
}

void with_limits_kept(application_context& context, const exchange_ptr& exchanged, const consumer_spec_ptr& spec,
                      std::function<void()> go_on) {
  const auto known = context.environment.access.book->snapshot();
  const auto* limited = known->find_tenant(spec->tenant);
  if (limited == nullptr || !limits_anything(*limited)) return go_on();
  context.bridge.ask<checked_spec>(
      context.environment.rules, exchanged->request.deadline,
      [exchanged, go_on = std::move(go_on)](const result<checked_spec>& checked) {
        if (!checked) return exchanged->respond.answer(to_response(checked.error()));
        if (!checked->spec) return exchanged->respond.answer(to_response(checked->violations));
        go_on();
      },
      start_atom::value, spec);
}

}  // namespace kfs
