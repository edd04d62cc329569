#pragma once

#include <string>

#include "actors/event_log.hpp"
#include "config/base/error.hpp"

namespace kfs {

/// An event as text that replicas of other versions can read, without its number: ASCII, and no secrets.
std::string to_event_text(const consumer_event& event);

/// Reads what to_event_text() wrote, here or in another version. A member that is not known is ignored, one that is
/// missing has its default value. Errors: an ec::invalid_request that names the value that cannot be read.
result<consumer_event> from_event_text(const std::string& text);

}  // namespace kfs
