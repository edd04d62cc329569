#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace kfs::test {

/// A request that the endpoint received.
struct endpoint_request {
  std::string method;
  std::string target;
  std::multimap<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  std::size_t connection = 0;  ///< its number, counted from 1
  int answered = 0;            ///< the status; 0 when there was no complete answer

  /// The first header of that name (in lower case); empty when there is none.
  [[nodiscard]] std::string header(const std::string& name) const;
};

/// How the endpoint answers a request.
struct endpoint_answer {
  enum class way : std::uint8_t {
    whole,    ///< a complete answer
    none,     ///< no answer; the connection stays open
    half,     ///< closes the connection within the body
    garbage,  ///< bytes that are not HTTP
    endless,  ///< a body that never ends
    closed,   ///< closes the connection without an answer
  };
  int status = 200;
  std::vector<std::string> headers = {};  ///< "Name: value"
  std::string body = {};
  way how = way::whole;
};

/// An HTTP endpoint on a port of 127.0.0.1. A script decides its answers; it keeps every request.
///
/// Threading: safe from any thread. Runs its own thread, which calls the script. Errors: std::system_error.
class http_endpoint {
 public:
  using script = std::function<endpoint_answer(const endpoint_request&)>;

  /// Without a script, it answers 200 to every request.
  explicit http_endpoint(script answers = nullptr);
  ~http_endpoint();
  http_endpoint(const http_endpoint&) = delete;
  http_endpoint& operator=(const http_endpoint&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] std::string url(const std::string& path = "/") const;

  /// Replaces the script from the next request on.
  void answer_with(script answers);

  /// Closes all connections and refuses new ones until come_back(), which listens on the same port.
  void vanish();
  void come_back();

  /// All requests so far, in order of arrival.
  [[nodiscard]] std::vector<endpoint_request> requests() const;
  /// The requests that it answered with 2xx.
  [[nodiscard]] std::vector<endpoint_request> accepted() const;
  [[nodiscard]] std::size_t accepted_count() const;
  /// The greatest number of simultaneously unanswered requests.
  [[nodiscard]] std::size_t most_at_once() const;

 private:
  class server;
  std::unique_ptr<server> server_;
};

}  // namespace kfs::test
