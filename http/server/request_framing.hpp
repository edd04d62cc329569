#pragma once

#include <memory>
#include <string_view>

namespace kfs {

/// Follows the requests in one connection's bytes: where each ends, and whether its client waits for 100 before it
/// sends the body (RFC 9110, 10.1.1).
///
/// Reads HTTP/1 with the parser that RESTinio has, so that both always mean the same request. What is not HTTP, and
/// what comes after a request to upgrade the connection, is not followed any more.
///
/// Threading: none.
class request_framing {
 public:
  request_framing();
  ~request_framing();
  request_framing(request_framing&&) noexcept;
  request_framing& operator=(request_framing&&) noexcept;

  /// The next bytes of the connection. True when a request ended in them.
  bool receive(std::string_view bytes);

  /// True when all that is known of the current request are headers that ask for 100, sent over HTTP/1.1; once a
  /// request.
  bool take_expectation() noexcept;

  /// True once the headers of a request of HTTP/1.0 have come, for good.
  [[nodiscard]] bool saw_http_1_0() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace kfs
