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

/// Names and values in the order in which they were sent.
using name_value_pairs = std::vector<std::pair<std::string, std::string>>;

/// One request as handlers see it; free of any HTTP library.
struct http_request {
  std::string method;                   ///< upper case, e.g. "GET"
  std::string path;                     ///< as sent: percent-encoded, without query
  name_value_pairs query;               ///< decoded
  std::vector<std::string> parameters;  ///< decoded values of the route's {placeholders}, in their order
  std::string body;                     ///< raw bytes
  std::optional<std::string> accept;
  std::optional<std::string> content_type;
  std::optional<std::string> content_encoding;
  std::optional<std::string> if_match;
  std::optional<std::string> last_event_id;
  std::optional<std::string> given_request_id;     ///< X-Request-Id as sent
  bool takes_chunks = true;                        ///< HTTP/1.1: an answer may be a stream
  std::string remote;                              ///< address and port of the client
  std::chrono::steady_clock::time_point deadline;  ///< when the answer must have been given
};

/// One answer. Of an error only `detail` is set; its body is made when it is known which shape the client asks for.
struct http_response {
  int status = 200;
  name_value_pairs headers;
  std::string body;
  std::optional<json> detail;  ///< what FastAPI answers as {"detail": …}
  bool omit_body = false;      ///< HEAD: Content-Length tells the body's size, but the body is not sent
  bool close = false;          ///< no further request is taken from this connection
  /// In place of a body: what is sent from then on. Its connection is closed after it.
  std::shared_ptr<response_stream> stream = {};
};

/// The right to answer one request, once.
///
/// Dropped unanswered it answers 500, so that no client is ever left waiting.
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

  /// Sends the answer. Any but the first is dropped.
  void answer(http_response response);

 private:
  transport send_;
};

/// A request together with the right to answer it. Shared by the continuations of one handler.
struct exchange {
  http_request request;
  responder respond;
};
using exchange_ptr = std::shared_ptr<exchange>;

/// Parses, asks an actor, maps the answer. Must not block. What it throws is answered with 500.
using request_handler = std::function<void(const exchange_ptr&)>;

}  // namespace kfs
