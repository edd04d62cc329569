#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/base/json.hpp"
#include "http/message/response_stream.hpp"

namespace kfs {

struct request_access;

/// Names and values in the order in which they were sent.
using name_value_pairs = std::vector<std::pair<std::string, std::string>>;

/// One request as handlers see it. Independent of any HTTP library.
struct http_request {
  std::string method;                   ///< upper case, e.g. "GET"
  std::string path;                     ///< still percent-encoded, without the query
  name_value_pairs query;               ///< decoded
  std::vector<std::string> parameters;  ///< decoded values of the route's {placeholders}, in order
  std::string body;                     ///< raw bytes
  std::optional<std::string> accept;
  std::optional<std::string> content_type;
  std::optional<std::string> content_encoding;
  std::optional<std::string> if_match;
  std::optional<std::string> last_event_id;
  std::optional<std::string> authorization;        ///< holds a secret
  std::optional<std::string> tenant;               ///< X-Tenant: the tenant that the caller acts in
  std::optional<std::string> audit_reason;         ///< X-Audit-Reason, for the audit
  std::optional<std::string> given_request_id;     ///< X-Request-Id as sent
  std::string request_id;                          ///< X-Request-Id as answered
  bool takes_chunks = true;                        ///< false for HTTP/1.0, which cannot receive a stream
  std::string remote;                              ///< address and port of the client
  std::chrono::steady_clock::time_point deadline;  ///< the answer must be given before it
};

/// One answer. An error sets `detail` and no body: render_error() makes the body in the shape that the client asks for.
struct http_response {
  int status = 200;
  name_value_pairs headers;
  std::string body;
  std::optional<json> detail;  ///< sent as {"detail": …}
  /// Sent in place of `detail` to callers who may not see the whole server, where it names places of the server.
  std::optional<std::string> detail_for_tenants = {};
  bool omit_body = false;  ///< for HEAD: sends the body's Content-Length without the body
  bool close = false;      ///< closes the connection after the answer
  /// Sent in place of `body`, piece by piece. The connection is closed when the stream ends.
  std::shared_ptr<response_stream> stream = {};
};

/// The right to answer one request, once.
///
/// Answers 500 when it is destroyed unanswered, so that no client waits in vain.
/// Threading: answer() may be called from any thread.
class responder {
 public:
  using transport = std::function<void(http_response)>;

  explicit responder(transport send) : send_(std::move(send)) {}
  responder(responder&& other) noexcept : send_(std::exchange(other.send_, nullptr)) {}
  responder& operator=(responder&&) = delete;
  responder(const responder&) = delete;
  responder& operator=(const responder&) = delete;
  ~responder();

  /// Sends the first answer; ignores further ones.
  void answer(http_response response);

 private:
  transport send_;
};

/// A request together with the right to answer it. Shared by the continuations of one handler.
struct exchange {
  http_request request;
  responder respond;
  std::shared_ptr<request_access> access;  ///< never nullptr; see http/auth/request_access.hpp
};
using exchange_ptr = std::shared_ptr<exchange>;

/// Parses a request, asks an actor, maps the reply to an answer. Must not block. An exception is answered with 500.
using request_handler = std::function<void(const exchange_ptr&)>;

}  // namespace kfs
