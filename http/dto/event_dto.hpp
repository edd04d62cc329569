#pragma once

#include "actors/event_log.hpp"
#include "config/base/json.hpp"

namespace kfs {

/// Which events of a consumer are asked for.
struct event_selection {
  std::uint64_t after = 0;                   ///< those with a greater number
  std::size_t limit = event_log::most_kept;  ///< of these the newest, so many
};

/// The events that are asked for, of all that are kept, eldest first. A number that is greater than all of them is of
/// a log that ended with its server: all events came after it.
std::vector<consumer_event> selected(std::vector<consumer_event> kept, const event_selection& wanted);

/// {"number":…,"at":…,"kind":…,"message":…,"code":…,"source":…}.
json to_dto(const consumer_event& event);

/// GET /consumers/{consumer_id}/events: {"events":[…]}.
json events_dto(const std::vector<consumer_event>& events);

}  // namespace kfs
