#include "http/handlers/consumer_handlers.hpp"

#include "actors/status_names.hpp"
#include "config/access/tenant_check.hpp"
#include "http/auth/guard.hpp"
#include "http/auth/request_access.hpp"
#include "http/dto/consumer_dto.hpp"
#include "http/handlers/acting_tenant.hpp"
#include "http/handlers/consumer_reply.hpp"
#include "http/handlers/page.hpp"
#include "http/message/answers.hpp"
#include "http/message/error_mapping.hpp"
#include "http/message/json_body.hpp"
#include "http/message/preconditions.hpp"
#include "http/message/query_parameters.hpp"

namespace kfs {
namespace {

struct consumer_filter {
  std::optional<std::string> status;
  std::optional<std::string> topic;
  std::optional<std::string> group;
  std::optional<std::string> tenant;
  page wanted;

  [[nodiscard]] bool passes(const consumer_view& view) const {
    return (!status || *status == to_string(view.status)) && (!topic || *topic == view.spec->topic) &&
           (!group || *group == view.spec->consumer_group) && (!tenant || *tenant == view.spec->tenant);
  }
};

/// A caller that names the tenant it acts in sees the consumers of that one.
consumer_filter read_filter(query_parameters& query, const http_request& request) {
  consumer_filter filter;
  filter.status = query.one_of("status", {"ACTIVE", "INACTIVE", "ERROR"});
  filter.topic = query.text("topic");
  filter.group = query.text("consumer_group");
  filter.tenant = query.text("tenant");
  if (!filter.tenant) filter.tenant = request.tenant;
  filter.wanted = read_page(query);
  return filter;
}

http_response listed(const exchange_ptr& exchanged, const std::vector<consumer_view_ptr>& consumers,
                     const consumer_filter& filter) {
  std::vector<std::string_view> bodies;
  std::size_t matching = 0;
  for (const auto& view : consumers) {
    if (!filter.passes(*view) || !may(exchanged, permission::consumers_view, *view->spec)) continue;
    if (matching++ >= filter.wanted.offset && bodies.size() < filter.wanted.limit) bodies.push_back(body_of(*view));
  }
  auto response = ok_json(json_array(bodies));
  response.headers.emplace_back("X-Total-Count", std::to_string(matching));
  return response;
}

void answer_created(const exchange_ptr& exchanged, const result<create_outcome>& outcome) {
  if (!outcome) return exchanged->respond.answer(to_response(outcome.error()));
  const auto& spec = *outcome->view->spec;
  const auto& body = body_of(*outcome->view);
  auto response = outcome->created ? created(body, "/consumers/" + spec.id.value) : ok_json(body);
  exchanged->respond.answer(with_etag(std::move(response), spec.rev));
}

/// Start and stop: an atom, the context and the id; the answer is the consumer.
template <class Command>
void command_consumer(application_context& context, const exchange_ptr& exchanged, const consumer_id& id,
                      Command command) {
  context.bridge.ask<consumer_view_ptr>(
      context.environment.supervisor, exchanged->request.deadline,
      [exchanged](const result<consumer_view_ptr>& outcome) { answer_view(exchanged, outcome); }, command,
      command_of(*exchanged, permission::consumers_operate), id);
}

revision_condition condition_of(const http_request& request) {
  return read_if_match(request.if_match, named_consumer(request));
}

}  // namespace

void list_consumers(application_context& context, const exchange_ptr& exchanged) {
  query_parameters query(exchanged->request);
  const auto filter = read_filter(query, exchanged->request);
  if (!query.mistakes().empty()) return exchanged->respond.answer(to_response(query.mistakes()));
  with_all_consumers(context, exchanged, [exchanged, filter](const std::vector<consumer_view_ptr>& all) {
    exchanged->respond.answer(listed(exchanged, all, filter));
  });
}

void create_consumer(application_context& context, const exchange_ptr& exchanged) {
  auto body = read_json_body(exchanged->request);
  if (!body) return exchanged->respond.answer(std::move(body.error()));
  with_tenant(context, exchanged, std::move(*body), [&context, exchanged](json settled) {
    context.bridge.ask<checked_spec>(
        context.environment.rules, exchanged->request.deadline,
        [&context, exchanged](const result<checked_spec>& checked) {
          if (!checked) return exchanged->respond.answer(to_response(checked.error()));
          if (!checked->spec) return exchanged->respond.answer(to_response(checked->violations));
          if (!permit(exchanged, permission::consumers_edit, *checked->spec)) return;
          if (checked->spec->target == target_state::started &&
              !may(exchanged, permission::consumers_operate, *checked->spec)) {
            exchanged->access->deny();
            return exchanged->respond.answer(missing_permission(permission::consumers_operate, "for auto_start"));
          }
          context.bridge.ask<create_outcome>(
              context.environment.supervisor, exchanged->request.deadline,
              [exchanged](const result<create_outcome>& outcome) { answer_created(exchanged, outcome); },
              create_atom::value, command_of(*exchanged, permission::consumers_edit, 201), checked->spec);
        },
        create_atom::value, requested_consumer{std::move(settled)});
  });
}

void get_consumer(application_context& context, const exchange_ptr& exchanged) {
  with_permitted_consumer(context, exchanged, permission::consumers_view, [exchanged](const consumer_view& view) {
    exchanged->respond.answer(with_etag(ok_json(body_of(view)), view.spec->rev));
  });
}

void update_consumer(application_context& context, const exchange_ptr& exchanged) {
  auto body = read_json_body(exchanged->request);
  if (!body) return exchanged->respond.answer(std::move(body.error()));
  with_permitted_consumer(context, exchanged, permission::consumers_edit,
                          [&context, exchanged, body = std::move(*body)](const consumer_view& view) {
                            context.bridge.ask<update_outcome>(
                                context.environment.supervisor, exchanged->request.deadline,
                                [exchanged](const result<update_outcome>& outcome) {
                                  if (outcome && !outcome->violations.empty())
                                    return exchanged->respond.answer(to_response(outcome->violations));
                                  answer_view(exchanged,
                                              outcome.map([](const update_outcome& changed) { return changed.view; }));
                                },
                                update_atom::value, command_of(*exchanged, permission::consumers_edit), view.spec->id,
                                requested_change{body, condition_of(exchanged->request)});
                          });
}

void delete_consumer(application_context& context, const exchange_ptr& exchanged) {
  with_permitted_consumer(
      context, exchanged, permission::consumers_edit, [&context, exchanged](const consumer_view& view) {
        context.bridge.ask<done>(
            context.environment.supervisor, exchanged->request.deadline,
            [exchanged](const result<done>& outcome) {
              exchanged->respond.answer(outcome ? no_content() : consumer_error(*exchanged, outcome.error()));
            },
            delete_atom::value, command_of(*exchanged, permission::consumers_edit, 204), view.spec->id,
            condition_of(exchanged->request));
      });
}

void start_consumer(application_context& context, const exchange_ptr& exchanged) {
  with_permitted_consumer(context, exchanged, permission::consumers_operate,
                          [&context, exchanged](const consumer_view& view) {
                            with_limits_kept(context, exchanged, view.spec, [&context, exchanged, id = view.spec->id] {
                              command_consumer(context, exchanged, id, start_atom::value);
                            });
                          });
}

void stop_consumer(application_context& context, const exchange_ptr& exchanged) {
  with_permitted_consumer(context, exchanged, permission::consumers_operate,
                          [&context, exchanged](const consumer_view& view) {
                            command_consumer(context, exchanged, view.spec->id, stop_atom::value);
                          });
}

}  // namespace kfs
