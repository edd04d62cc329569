#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace kfs::test {

/// One request as an endpoint got it.
struct endpoint_request {
  std::string method;
  std::string target;
  std::multimap<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  std::size_t connection = 0;  ///< which one, counted from 1
  int answered = 0;            ///< the status; 0: otherwise

  /// The first header of that (lower-case) name; empty where there is none.
  [[nodiscard]] std::string header(const std::string& name) const;
};

/// What an endpoint does with a request.
struct endpoint_answer {
  enum class way : std::uint8_t {
    whole,    ///< a whole answer
    none,     ///< nothing, and the connection stays open
    half,     ///< the connection is closed in the middle of the body
    garbage,  ///< bytes that are no HTTP
    endless,  ///< a body that never ends
    closed,   ///< the connection is closed without an answer
  };
  int status = 200;
  std::vector<std::string> headers = {};  ///< "Name: value"
  std::string body = {};
  way how = way::whole;
};

/// An HTTP endpoint on a port of 127.0.0.1, in a thread of its own, that does what a test says and keeps what it got.
///
/// Threading: safe from any thread; the script is called in the endpoint's own. Errors: std::system_error.
class http_endpoint {
 public:
  using script = std::function<endpoint_answer(const endpoint_request&)>;

  /// Without a script everything is accepted.
  explicit http_endpoint(script what = nullptr);
  ~http_endpoint();
  http_endpoint(const http_endpoint&) = delete;
  http_endpoint& operator=(const http_endpoint&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] std::string url(const std::string& path = "/") const;

  /// From the next request on.
  void answer_with(script what);

  /// Closes everything: connections are refused until come_back(), which listens on the same port.
  void vanish();
  void come_back();

  /// What it got so far, in the order in which it came.
  [[nodiscard]] std::vector<endpoint_request> requests() const;
  /// Those of them that it answered with 2xx.
  [[nodiscard]] std::vector<endpoint_request> accepted() const;
  [[nodiscard]] std::size_t accepted_count() const;
  /// The most requests that were unanswered at the same time.
  [[nodiscard]] std::size_t most_at_once() const;

 private:
  class server;
  std::unique_ptr<server> server_;
};

}  // namespace kfs::test
