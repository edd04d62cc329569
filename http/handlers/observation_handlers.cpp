#include "http/handlers/observation_handlers.hpp"

#include <charconv>
#include <limits>

#include "http/auth/guard.hpp"
#include "http/auth/request_access.hpp"
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

/// Whether the caller may still see the consumer, as both are now.
std::function<bool()> still_permitted(const application_context& context, const exchange_ptr& exchanged,
                                      const event_log_ptr& events) {
  const auto& authentication = context.environment.access.authentication;
  if (authentication->asks_nobody()) return [] { return true; };
  return [authentication, caller = exchanged->access->caller, events] {
    const auto now_permitted = authentication->renewed(*caller);
    const auto shown = events->described();
    return now_permitted && shown &&
           granting(*now_permitted->who, permission::consumers_view, access_object::of_consumer(*shown)) != nullptr;
  };
}

http_response streamed(application_context& context, const exchange_ptr& exchanged, const event_log_ptr& events,
                       event_selection wanted) {
  const auto& request = exchanged->request;
  wanted.after = last_seen(request).value_or(wanted.after);
  auto place = context.streams->enter();
  if (!place) return overloaded("This server sends as many streams as it can; ask later, or ask for application/json.");
  http_response response;
  response.stream =
      event_stream::follow(*events, wanted, std::move(place), still_permitted(context, exchanged, events));
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
  with_observed_consumer(context, exchanged, permission::consumers_view, [exchanged](const consumer_view& view) {
    exchanged->respond.answer(with_etag(ok(status_dto(view)), view.spec->rev));
  });
}

void get_consumer_events(application_context& context, const exchange_ptr& exchanged) {
  query_parameters query(exchanged->request);
  const auto wanted = read_selection(query);
  if (!query.mistakes().empty()) return exchanged->respond.answer(to_response(query.mistakes()));
  with_permitted_consumer(
      context, exchanged, permission::consumers_view, [&context, exchanged, wanted](const consumer_view& view) {
        const auto events = context.environment.changes.find(view.spec->id);
        const auto shown = events ? events->described() : nullptr;
        if (!shown) return exchanged->respond.answer(consumer_error(*exchanged, {ec::not_found, {}}));
        // The events may be of a consumer that was made anew under the same id since.
        if (!permit(exchanged, permission::consumers_view, *shown)) return;
        answer_events(exchanged, wants_stream(exchanged->request)
                                     ? streamed(context, exchanged, events, wanted)
                                     : ok(events_dto(newest(events->after(wanted.after), wanted.limit))));
      });
}

}  // namespace kfs
