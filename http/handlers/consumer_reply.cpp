#include "http/handlers/consumer_reply.hpp"

#include "config/base/text.hpp"
#include "http/dto/consumer_dto.hpp"
#include "http/message/answers.hpp"
#include "http/message/error_mapping.hpp"
#include "http/message/uri.hpp"

namespace kfs {
namespace {

constexpr std::size_t longest_named_id = 128;

}  // namespace

command_context command_of(const http_request& request) {
  return {.request_id = request.request_id, .deadline = request.deadline, .sender = {}};
}

std::optional<consumer_id> consumer_in_path(const exchange_ptr& exchanged) {
  auto id = lower_case(exchanged->request.parameters.front());
  if (is_uuid(id)) return consumer_id{std::move(id)};
  exchanged->respond.answer(consumer_error(exchanged->request, {ec::not_found, {}}));
  return std::nullopt;
}

std::string named_consumer(const http_request& request) {
  return "Consumer " + shortened(request.parameters.front(), longest_named_id);
}

http_response consumer_error(const http_request& request, const error& reason) {
  if (reason.code == ec::not_found) return to_response(error{reason.code, named_consumer(request) + " not found"});
  return to_response(reason);
}

const std::string& body_of(const consumer_view& view) {
  return view.answer->get([&view] { return to_body(to_dto(view)); });
}

void answer_view(const exchange_ptr& exchanged, const result<consumer_view_ptr>& outcome) {
  if (!outcome) return exchanged->respond.answer(consumer_error(exchanged->request, outcome.error()));
  exchanged->respond.answer(with_etag(ok_json(body_of(**outcome)), (*outcome)->spec->rev));
}

void with_consumer(application_context& context, const exchange_ptr& exchanged, const consumer_id& id,
                   std::function<void(const consumer_view&)> go_on) {
  context.bridge.ask<consumer_view_ptr>(
      context.environment.supervisor, exchanged->request.deadline,
      [exchanged, go_on = std::move(go_on)](const result<consumer_view_ptr>& found) {
        if (!found) return exchanged->respond.answer(consumer_error(exchanged->request, found.error()));
        go_on(**found);
      },
      get_atom::value, id);
}

}  // namespace kfs
