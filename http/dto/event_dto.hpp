#pragma once

#include "actors/event_log.hpp"
#include "config/base/json.hpp"

namespace kfs {

/// Selects events of a consumer.
struct event_selection {
  std::uint64_t after = 0;                   ///< only events with a greater number
  std::size_t limit = event_log::most_kept;  ///< at most the newest of these
};

/// The selected events of all that are kept, oldest first. When `after` is greater than every number, it comes from the
/// log of an earlier server, and all kept events are newer.
std::vector<consumer_event> selected(std::vector<consumer_event> kept, const event_selection& selection);

/// {"number":…,"at":…,"kind":…,"message":…,"code":…,"source":…}.
json to_dto(const consumer_event& event);

/// GET /consumers/{consumer_id}/events: {"events":[…]}.
json events_dto(const std::vector<consumer_event>& events);

}  // namespace kfs
