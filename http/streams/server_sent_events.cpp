#include "http/streams/server_sent_events.hpp"

#include <fmt/format.h>

namespace kfs {

std::string sse_retry(std::chrono::milliseconds delay) {
  return fmt::format("retry: {}\n\n", delay.count());
}

std::string sse_event(std::string_view id, std::string_view name, std::string_view data) {
  auto text = fmt::format("id: {}\nevent: {}\n", id, name);
  for (bool more = true; more;) {
    const auto end = data.find_first_of("\r\n");
    text += fmt::format("data: {}\n", data.substr(0, end));
    more = end != std::string_view::npos;
    if (more) data.remove_prefix(end + (data.substr(end).starts_with("\r\n") ? 2 : 1));
  }
  return text + '\n';
}

std::string sse_heart_beat() {
  return ":\n\n";
}

}  // namespace kfs
