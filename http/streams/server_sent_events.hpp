#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace kfs {

// The text of server-sent events (WHATWG HTML, "Server-sent events"). Each text ends with the empty line that makes the
// client process it.

inline constexpr std::string_view event_stream_type = "text/event-stream";

/// Tells the client how long to wait before it connects again.
std::string sse_retry(std::chrono::milliseconds delay);

/// One event. `id` and `name` must not contain line ends. Each line of `data` becomes a data field.
std::string sse_event(std::string_view id, std::string_view name, std::string_view data);

/// A comment, which clients ignore. Keeps the connection in use.
std::string sse_heart_beat();

}  // namespace kfs
