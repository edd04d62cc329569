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
  std::chrono::milliseconds timeout{10'000};  ///< of a whole request, connecting included
  std::size_t max_in_flight = 1;              ///< requests, and connections, at the same time
  std::string ca_pem;                         ///< in place of the system's authorities, unless empty
  std::string certificate_pem;                ///< of the client, with its key; or empty
  std::string key_pem;
  address_policy allowed;  ///< where may be connected to, by the address that a name resolves to
};

/// One request. Everything that it refers to stays as it is until the request is finished.
struct http_request {
  const http_url* to = nullptr;
  std::string_view body;
  std::span<const std::string> headers;          ///< "Name: value"
  std::span<const std::string> fixed_headers;    ///< likewise
  std::span<const std::string> private_headers;  ///< likewise
};

/// What came of a request.
struct http_answer {
  std::size_t slot = 0;
  int status = 0;                       ///< 0: there was no whole answer, and `problem` says why
  std::string problem;                  ///< for people
  bool refused = false;                 ///< by the policy of addresses, so that nothing was sent
  std::string text;                     ///< of another status than 2xx: the first bytes of the body
  std::chrono::seconds retry_after{0};  ///< as Retry-After has it, in seconds or as a date
  std::string location;                 ///< of a redirect: the absolute URL
};

/// Sends requests over HTTP/1.1 connections that stay open, several at a time. Redirects are not followed, proxies and
/// credentials of the environment not used. Of an answer's body only the beginning is kept, and a body or header that
/// does not end is cut off.
///
/// A request has a slot, from 0 to max_in_flight, that is free again once it is finished.
///
/// Threading: one thread at a time, but wake() is called from any. Errors: as answers without a status.
class http_client {
 public:
  explicit http_client(http_client_options options);
  ~http_client();
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;

  /// Begins a request in a free slot.
  void begin(std::size_t slot, const http_request& request);

  /// Waits until a request is finished, wake() is called, or so long. Appends what is finished.
  void wait(std::chrono::milliseconds most, std::vector<http_answer>& finished);

  /// Ends a wait(), or the next one.
  void wake() noexcept;

  /// Gives up what is under way.
  void abandon_all();

 private:
  class transfers;
  std::unique_ptr<transfers> transfers_;
};

}  // namespace kfs
