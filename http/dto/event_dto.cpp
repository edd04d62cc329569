#include "http/dto/event_dto.hpp"

#include <algorithm>

namespace kfs {

std::vector<consumer_event> selected(std::vector<consumer_event> kept, const event_selection& selection) {
  const auto after = kept.empty() || selection.after > kept.back().number ? 0 : selection.after;
  const auto first = std::ranges::upper_bound(kept, after, {}, &consumer_event::number);
  const auto newest = kept.end() - static_cast<std::ptrdiff_t>(std::min(selection.limit, kept.size()));
  kept.erase(kept.begin(), std::max(first, newest));
  return kept;
}

json to_dto(const consumer_event& event) {
  return {{"number", event.number},
          {"at", to_rfc3339(event.at)},
          {"kind", to_string(event.kind)},
          {"message", event.message},
          {"code", event.code ? json(to_string(*event.code)) : json()},
          {"source", event.source ? json(to_string(*event.source)) : json()}};
}

json events_dto(const std::vector<consumer_event>& events) {
  json listed = json::array();
  for (const auto& event : events) listed.push_back(to_dto(event));
  return {{"events", std::move(listed)}};
}

}  // namespace kfs
