#pragma once

#include <memory>
#include <string_view>

namespace kfs {

/// Finds the requests in the bytes of one connection: where each ends, and whether its client waits for 100 before it
/// sends the body (RFC 9110, section 10.1.1).
///
/// Uses the same HTTP/1 parser as RESTinio, so that both always see the same requests. Stops after bytes that are not
/// HTTP and after a request to upgrade the connection.
///
/// Threading: none.
class request_framing {
 public:
  request_framing();
  ~request_framing();
  request_framing(request_framing&&) noexcept;
  request_framing& operator=(request_framing&&) noexcept;

  /// Takes the next bytes of the connection. True when a request ended in them.
  bool receive(std::string_view bytes);

  /// True once for each HTTP/1.1 request whose headers ask for 100, until the first byte of its body arrives.
  bool take_expectation() noexcept;

  /// True after the headers of an HTTP/1.0 request, for the rest of the connection.
  [[nodiscard]] bool saw_http_1_0() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace kfs
