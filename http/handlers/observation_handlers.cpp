#include "http/handlers/observation_handlers.hpp"

#include <charconv>
#include <limits>

#include "http/dto/event_dto.hpp"
#include "http/dto/status_dto.hpp"
#include "http/handlers/consumer_reply.hpp"
#include "http/message/accept.hpp"
#include "http/message/answers.hpp"
#include "http/message/error_mapping.hpp"
#include "http/message/query_parameters.hpp"
#include "http/streams/event_stream.hpp"
#include "http/streams/server_sent_events.hpp"

namespace kfs {
namespace {

event_selection read_selection(query_parameters& query) {
  event_selection wanted;
  const auto after = query.integer("after", 0, std::numeric_limits<std::int64_t>::max());
  const auto limit = query.integer("limit", 1, static_cast<std::int64_t>(event_log::most_kept));
  if (after) wanted.after = static_cast<std::uint64_t>(*after);
  if (limit) wanted.limit = static_cast<std::size_t>(*limit);
  return wanted;
}

/// The number of the last event that a client has seen, where it says one: what is none of our ids says nothing.
std::optional<std::uint64_t> last_seen(const http_request& request) {
  if (!request.last_event_id) return std::nullopt;
  const std::string_view text = *request.last_event_id;
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// HTTP/1.0 has no way to send an answer of unknown length and to tell its end from a fault.
bool wants_stream(const http_request& request) {
  return request.takes_chunks && prefers_media_type(request.accept, event_stream_type, "application/json");
}

http_response overloaded(std::string message) {
  return to_response(error{ec::overloaded, std::move(message)});
}

http_response streamed(application_context& context, const http_request& request, const consumer_id& id,
                       event_selection wanted) {
  const auto events = context.environment.changes.find(id);
  if (!events) return consumer_error(request, {ec::not_found, {}});
  wanted.after = last_seen(request).value_or(wanted.after);
  auto place = context.streams->enter();
  if (!place) return overloaded("This server sends as many streams as it can; ask later, or ask for application/json.");
  http_response response;
  response.stream = event_stream::follow(*events, wanted, std::move(place));
  if (!response.stream) {
    return overloaded(named_consumer(request) +
                      " is followed by as many clients as can be; ask later, or ask for application/json.");
  }
  response.headers = {
      {"Content-Type", std::string(event_stream_type)}, {"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
  return response;
}

void answer_events(const exchange_ptr& exchanged, http_response response) {
  response.headers.emplace_back("Vary", "Accept");
  exchanged->respond.answer(std::move(response));
}

}  // namespace

void get_consumer_status(application_context& context, const exchange_ptr& exchanged) {
  const auto id = consumer_in_path(exchanged);
  if (!id) return;
  with_consumer(context, exchanged, *id, [exchanged](const consumer_view& view) {
    exchanged->respond.answer(with_etag(ok(status_dto(view)), view.spec->rev));
  });
}

void get_consumer_events(application_context& context, const exchange_ptr& exchanged) {
  query_parameters query(exchanged->request);
  const auto wanted = read_selection(query);
  if (!query.mistakes().empty()) return exchanged->respond.answer(to_response(query.mistakes()));
  const auto id = consumer_in_path(exchanged);
  if (!id) return;
  if (wants_stream(exchanged->request)) {
    with_consumer(context, exchanged, *id, [&context, exchanged, wanted, id = *id](const consumer_view&) {
      answer_events(exchanged, streamed(context, exchanged->request, id, wanted));
    });
    return;
  }
  context.bridge.ask<consumer_events>(
      context.environment.supervisor, exchanged->request.deadline,
      [exchanged, wanted](const result<consumer_events>& found) {
        if (!found) return exchanged->respond.answer(consumer_error(exchanged->request, found.error()));
        answer_events(exchanged, ok(events_dto(newest(**found, wanted.limit))));
      },
      events_atom::value, *id, wanted.after);
}

}  // namespace kfs
