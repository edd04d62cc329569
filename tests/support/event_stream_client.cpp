#include "tests/support/event_stream_client.hpp"

#include <system_error>

namespace kfs::test {
namespace {

constexpr std::string_view line_end = "\r\n";

/// The value of the field `name` in a block of lines; empty when there is none.
std::string field(std::string_view block, std::string_view name) {
  const auto start = ("\n" + std::string(block)).find("\n" + std::string(name) + ": ");
  if (start == std::string::npos) return {};
  const auto value = block.substr(start + name.size() + 2);
  return std::string(value.substr(0, value.find('\n')));
}

}  // namespace

event_stream_client::event_stream_client(std::uint16_t port, const std::string& path, const std::string& headers)
    : socket_("127.0.0.1", port) {
  socket_.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n");
}

const std::string& event_stream_client::head() {
  constexpr std::string_view end_of_head = "\r\n\r\n";
  if (!head_.empty()) return head_;
  raw_ = socket_.read_until(end_of_head, patience);
  const auto end = raw_.find(end_of_head) + end_of_head.size();
  head_ = raw_.substr(0, end);
  raw_.erase(0, end);
  decode();
  return head_;
}

std::optional<server_sent_event> event_stream_client::next() {
  head();
  for (;;) {
    const auto end = text_.find("\n\n", read_to_);
    if (end == std::string::npos) {
      if (!read_more()) return std::nullopt;
      continue;
    }
    const auto block = std::string_view(text_).substr(read_to_, end - read_to_);
    read_to_ = end + 2;
    if (const auto data = field(block, "data"); !data.empty())
      return server_sent_event{field(block, "id"), field(block, "event"), json::parse(data)};
  }
}

std::vector<std::string> event_stream_client::names_until(const std::string& name) {
  std::vector<std::string> names;
  while (names.empty() || names.back() != name) {
    const auto event = next();
    if (!event) break;
    names.push_back(event->name);
  }
  return names;
}

void event_stream_client::wait_for_heartbeat() {
  head();
  while (text_.find("\n\n:") == std::string::npos && read_more()) {
  }
}

bool event_stream_client::ends_in_order() {
  head();
  const auto until = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < until && read_more()) {
  }
  return complete_;
}

/// Reads up to the next line end; both chunks and events end with one. False at the end of the connection.
bool event_stream_client::read_more() {
  if (closed_) return false;
  try {
    raw_ += socket_.read_until("\n", patience);
  } catch (const std::system_error& problem) {
    if (problem.code() != std::errc::connection_reset) throw;
    closed_ = true;
  }
  decode();
  return !closed_;
}

/// Decodes chunks (RFC 9112, section 7.1) without extensions and trailers.
void event_stream_client::decode() {
  while (!complete_) {
    const auto end = raw_.find(line_end);
    if (end == std::string::npos) return;
    const auto size = std::stoul(raw_.substr(0, end), nullptr, 16);
    if (raw_.size() < end + size + 2 * line_end.size()) return;
    text_ += raw_.substr(end + line_end.size(), size);
    raw_.erase(0, end + size + 2 * line_end.size());
    complete_ = size == 0;
  }
}

}  // namespace kfs::test
