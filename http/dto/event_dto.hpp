#pragma once

#include "actors/event_log.hpp"
#include "config/base/json.hpp"

namespace kfs {

/// Selects events of a consumer.
struct event_selection {
  std::uint64_t after = 0;                   ///< only events with a greater number, as event_log::after() says
  std::size_t limit = event_log::most_kept;  ///< at most the newest of these
};

/// At most `limit` of the events, the last ones.
std::vector<consumer_event> newest(std::vector<consumer_event> events, std::size_t limit);

/// {"number":…,"at":…,"kind":…,"message":…,"code":…,"source":…,"actor":…}.
json to_dto(const consumer_event& event);

/// GET /consumers/{consumer_id}/events: {"events":[…]}.
json events_dto(const std::vector<consumer_event>& events);

}  // namespace kfs
