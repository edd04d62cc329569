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

/// Follows a stream of server-sent events over HTTP/1.1, without a library, so that nothing of it is hidden. It reads
/// when it is asked to.
///
/// Threading: none. Errors: std::system_error where nothing comes in time.
class event_stream_client {
 public:
  static constexpr std::chrono::seconds patience{30};

  /// Asks a server on 127.0.0.1; `headers` are whole lines, each with its line end.
  event_stream_client(std::uint16_t port, const std::string& path,
                      const std::string& headers = "Accept: text/event-stream\r\n");

  /// Reads the headers of the answer: status line and fields.
  const std::string& head();

  /// The next event; nothing where the stream ends before one.
  std::optional<server_sent_event> next();

  /// The names of the events up to the first of that name, which is the last of them.
  std::vector<std::string> names_until(const std::string& name);

  /// Reads on until a heart beat comes.
  void wait_for_heart_beat();

  /// Reads to the end of the connection. True where the server said that the answer is complete.
  bool ends_in_order();

  /// Everything that was decoded so far: what the chunks held.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  bool read_more();
  void decode();

  raw_socket socket_;
  std::string head_;
  std::string raw_;   ///< not decoded yet
  std::string text_;  ///< of the chunks so far
  std::size_t read_to_ = 0;
  bool complete_ = false;
  bool closed_ = false;
};

}  // namespace kfs::test
