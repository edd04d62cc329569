#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/address_policy.hpp"
#include "processors/http/url.hpp"

namespace kfs {

/// How an http_client connects. Certificates are always checked.
struct http_client_options {
  std::string method = "POST";
  std::chrono::milliseconds timeout{10'000};  ///< for a whole request, including the connection
  std::size_t max_in_flight = 1;              ///< of requests, and so of connections
  std::string ca_pem = {};                    ///< trusted authorities; empty for those of the system
  std::string certificate_pem = {};           ///< of the client; empty when it has none
  std::string key_pem = {};
  /// After this time, a connection is used for no further request. A new one goes to the address that the name of the
  /// endpoint has then.
  std::chrono::seconds connection_lifetime{60};
  address_policy allowed = {};  ///< decides by the IP address that a name resolves to
};

/// One request. What it refers to must stay unchanged until the request is finished.
struct http_request {
  const http_url* to = nullptr;
  std::string_view body = {};
  std::span<const std::string> headers = {};          ///< "Name: value"
  std::span<const std::string> fixed_headers = {};    ///< likewise
  std::span<const std::string> private_headers = {};  ///< likewise
  bool again = false;  ///< the latest request of this slot failed: a new connection is used
};

/// The outcome of a request.
struct http_answer {
  std::size_t slot = 0;
  int status = 0;                       ///< 0 when there was no whole answer; `problem` then says why
  std::string problem = {};             ///< a message
  bool refused = false;                 ///< the address policy forbids the target, so nothing was sent
  std::chrono::seconds retry_after{0};  ///< from the header Retry-After, given in seconds or as a date
  std::string location = {};            ///< the absolute URL of a redirect
};

/// Sends requests over HTTP/1.1 connections that stay open, several at a time. Follows no redirects, and uses no proxy
/// and no credentials of the environment. Keeps only the beginning of an answer's body, and stops reading a body or
/// header that is too long.
///
/// A status other than 2xx counts from when the header is complete: the endpoint may close, or reset, the connection
/// before it has read the request or sent its body. A status 2xx counts when the answer is complete.
///
/// A connection that brought a fault of the endpoint (statuses.hpp) is closed, because it may lead to the one server of
/// several that is bad. When there are very many such answers, some connections are kept, so that the ports of the
/// machine last.
///
/// A request has a slot, from 0 to max_in_flight - 1, which is free again once the request is finished.
///
/// Threading: one thread at a time; wake() may be called from any thread. Errors: as answers without a status.
class http_client {
 public:
  explicit http_client(http_client_options options);
  ~http_client();
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;

  /// Begins a request in a free slot.
  void begin(std::size_t slot, const http_request& request);

  /// Waits until a request is finished, wake() is called, or `most` is over. Appends the finished ones.
  void wait(std::chrono::milliseconds most, std::vector<http_answer>& finished);

  /// Ends the current wait(), or the next one.
  void wake() noexcept;

  /// Gives up all requests under way.
  void abandon_all();

 private:
  class transfers;
  std::unique_ptr<transfers> transfers_;
};

}  // namespace kfs
