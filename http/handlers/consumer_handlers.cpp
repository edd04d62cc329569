#include "http/handlers/consumer_handlers.hpp"

#include "actors/status_names.hpp"
#include "http/dto/consumer_dto.hpp"
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
  page wanted;

  [[nodiscard]] bool passes(const consumer_view& view) const {
    return (!status || *status == to_string(view.status)) && (!topic || *topic == view.spec->topic) &&
           (!group || *group == view.spec->consumer_group);
  }
};

consumer_filter read_filter(query_parameters& query) {
  consumer_filter filter;
  filter.status = query.one_of("status", {"ACTIVE", "INACTIVE", "ERROR"});
  filter.topic = query.text("topic");
  filter.group = query.text("consumer_group");
  filter.wanted = read_page(query);
  return filter;
}

http_response listed(const std::vector<consumer_view_ptr>& consumers, const consumer_filter& filter) {
  std::vector<std::string_view> bodies;
  std::size_t matching = 0;
  for (const auto& view : consumers) {
    if (!filter.passes(*view)) continue;
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
void command_consumer(application_context& context, const exchange_ptr& exchanged, Command command) {
  const auto id = consumer_in_path(exchanged);
  if (!id) return;
  context.bridge.ask<consumer_view_ptr>(
      context.environment.supervisor, exchanged->request.deadline,
      [exchanged](const result<consumer_view_ptr>& outcome) { answer_view(exchanged, outcome); }, command,
      command_of(exchanged->request), *id);
}

revision_condition condition_of(const http_request& request) {
  return read_if_match(request.if_match, named_consumer(request));
}

}  // namespace

void list_consumers(application_context& context, const exchange_ptr& exchanged) {
  query_parameters query(exchanged->request);
  const auto filter = read_filter(query);
  if (!query.mistakes().empty()) return exchanged->respond.answer(to_response(query.mistakes()));
  context.bridge.ask<consumer_views>(
      context.environment.supervisor, exchanged->request.deadline,
      [exchanged, filter](const result<consumer_views>& found) {
        exchanged->respond.answer(found ? listed(**found, filter) : to_response(found.error()));
      },
      list_atom::value);
}

void create_consumer(application_context& context, const exchange_ptr& exchanged) {
  auto body = read_json_body(exchanged->request);
  if (!body) return exchanged->respond.answer(std::move(body.error()));
  context.bridge.ask<checked_spec>(
      context.environment.rules, exchanged->request.deadline,
      [&context, exchanged](const result<checked_spec>& checked) {
        if (!checked) return exchanged->respond.answer(to_response(checked.error()));
        if (!checked->spec) return exchanged->respond.answer(to_response(checked->violations));
        context.bridge.ask<create_outcome>(
            context.environment.supervisor, exchanged->request.deadline,
            [exchanged](const result<create_outcome>& outcome) { answer_created(exchanged, outcome); },
            create_atom::value, command_of(exchanged->request), checked->spec);
      },
      create_atom::value, requested_consumer{std::move(*body)});
}

void get_consumer(application_context& context, const exchange_ptr& exchanged) {
  const auto id = consumer_in_path(exchanged);
  if (!id) return;
  context.bridge.ask<consumer_view_ptr>(
      context.environment.supervisor, exchanged->request.deadline,
      [exchanged](const result<consumer_view_ptr>& outcome) { answer_view(exchanged, outcome); }, get_atom::value, *id);
}

void update_consumer(application_context& context, const exchange_ptr& exchanged) {
  const auto id = consumer_in_path(exchanged);
  if (!id) return;
  auto body = read_json_body(exchanged->request);
  if (!body) return exchanged->respond.answer(std::move(body.error()));
  context.bridge.ask<update_outcome>(
      context.environment.supervisor, exchanged->request.deadline,
      [exchanged](const result<update_outcome>& outcome) {
        if (outcome && !outcome->violations.empty()) return exchanged->respond.answer(to_response(outcome->violations));
        answer_view(exchanged, outcome.map([](const update_outcome& changed) { return changed.view; }));
      },
      update_atom::value, command_of(exchanged->request), *id,
      requested_change{std::move(*body), condition_of(exchanged->request)});
}

void delete_consumer(application_context& context, const exchange_ptr& exchanged) {
  const auto id = consumer_in_path(exchanged);
  if (!id) return;
  context.bridge.ask<done>(
      context.environment.supervisor, exchanged->request.deadline,
      [exchanged](const result<done>& outcome) {
        exchanged->respond.answer(outcome ? no_content() : consumer_error(exchanged->request, outcome.error()));
      },
      delete_atom::value, command_of(exchanged->request), *id, condition_of(exchanged->request));
}

void start_consumer(application_context& context, const exchange_ptr& exchanged) {
  command_consumer(context, exchanged, start_atom::value);
}

void stop_consumer(application_context& context, const exchange_ptr& exchanged) {
  command_consumer(context, exchanged, stop_atom::value);
}

}  // namespace kfs
