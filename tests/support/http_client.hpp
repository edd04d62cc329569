#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/json.hpp"

namespace kfs::test {

/// The answer of a server.
struct http_response {
  long status = 0;
  std::multimap<std::string, std::string> headers;  ///< names in lower case
  std::string body;

  /// The first header of that name (in lower case); empty when there is none.
  [[nodiscard]] std::string header(const std::string& name) const;

  /// The body as JSON. Errors: nlohmann's parse_error, which names the position.
  [[nodiscard]] json parsed() const;
};

/// There was no HTTP answer: the connection was refused or reset, or the time has passed.
class no_answer : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A request.
struct http_request {
  std::string method = "GET";
  std::string path = "/";            ///< with the query, sent unchanged
  std::optional<std::string> body;   ///< declared as application/json unless `headers` name a Content-Type
  std::vector<std::string> headers;  ///< "Name: value"; "Name:" omits a header that libcurl sends itself
};

/// A keep-alive HTTP/1.1 client of one server. Does not follow redirects.
///
/// Threading: none; use one for each thread. Errors: no_answer.
class http_client {
 public:
  /// `base_url` is for example "http://127.0.0.1:8000". A request that takes longer than `patience` is a no_answer.
  explicit http_client(std::string base_url, std::chrono::milliseconds patience = std::chrono::seconds{20});
  ~http_client();
  http_client(http_client&&) noexcept;
  http_client& operator=(http_client&&) noexcept;

  http_response send(const http_request& request);

  http_response get(const std::string& path, std::vector<std::string> headers = {});
  http_response post(const std::string& path, const json& body, std::vector<std::string> headers = {});
  http_response post(const std::string& path);
  http_response put(const std::string& path, const json& body, std::vector<std::string> headers = {});
  http_response del(const std::string& path, std::vector<std::string> headers = {});

 private:
  struct connection;
  std::string base_url_;
  std::chrono::milliseconds patience_;
  std::unique_ptr<connection> connection_;
};

/// Percent-encodes all but unreserved characters, for a path segment or a query value.
std::string url_encoded(std::string_view text);

}  // namespace kfs::test
