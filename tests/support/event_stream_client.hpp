#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/json.hpp"
#include "tests/support/raw_socket.hpp"

namespace kfs::test {

/// One server-sent event.
struct server_sent_event {
  std::string id;
  std::string name;
  json data;
};

/// Reads a stream of server-sent events over HTTP/1.1 without a library, so that tests see all of its bytes. Reads only
/// within a call.
///
/// Threading: none. Errors: std::system_error when nothing arrives in time.
class event_stream_client {
 public:
  static constexpr std::chrono::seconds patience{30};

  /// Sends a request to a server on 127.0.0.1. `headers` are complete lines, each with its line end.
  event_stream_client(std::uint16_t port, const std::string& path,
                      const std::string& headers = "Accept: text/event-stream\r\n");

  /// The status line and the headers of the answer.
  const std::string& head();

  /// The next event; nullopt when the stream ends first.
  std::optional<server_sent_event> next();

  /// The names of the next events, up to and including the first one called `name`.
  std::vector<std::string> names_until(const std::string& name);

  /// Reads until a heartbeat arrives.
  void wait_for_heartbeat();

  /// Reads to the end of the connection. True when the server has marked the answer as complete; false also when the
  /// stream goes on for too long.
  bool ends_in_order();

  /// Ends the connection with a reset. No other call may follow.
  void reset() { socket_.reset(); }

  /// Everything decoded so far: the content of the chunks.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  bool read_more();
  void decode();

  raw_socket socket_;
  std::string head_;
  std::string raw_;   ///< bytes that are not decoded yet
  std::string text_;  ///< content of the chunks so far
  std::size_t read_to_ = 0;
  bool complete_ = false;
  bool closed_ = false;
};

}  // namespace kfs::test
