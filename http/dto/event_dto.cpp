#include "http/dto/event_dto.hpp"

namespace kfs {

std::vector<consumer_event> newest(std::vector<consumer_event> events, std::size_t limit) {
  if (events.size() > limit) events.erase(events.begin(), events.end() - static_cast<std::ptrdiff_t>(limit));
  return events;
}

json to_dto(const consumer_event& event) {
  return {{"number", event.number},
          {"at", to_rfc3339(event.at)},
          {"kind", to_string(event.kind)},
          {"message", event.message},
          {"code", event.code ? json(to_string(*event.code)) : json()},
          {"source", event.source ? json(to_string(*event.source)) : json()},
          {"actor", event.actor ? json{{"kind", event.actor->kind}, {"name", event.actor->name}} : json()}};
}

json events_dto(const std::vector<consumer_event>& events) {
  json listed = json::array();
  for (const auto& event : events) listed.push_back(to_dto(event));
  return {{"events", std::move(listed)}};
}

}  // namespace kfs
