#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace kfs {

// The lines of a stream of server-sent events (WHATWG HTML, "Server-sent events"). Each text ends with the empty line
// that lets its reader act on it.

inline constexpr std::string_view event_stream_type = "text/event-stream";

/// How long a client waits before it connects again.
std::string sse_retry(std::chrono::milliseconds pause);

/// One event. `id` and `name` hold no line end; a line end in `data` stays one.
std::string sse_event(std::string_view id, std::string_view name, std::string_view data);

/// What clients pass over: keeps the connection in use.
std::string sse_heart_beat();

}  // namespace kfs
