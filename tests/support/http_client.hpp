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

/// What a server answered.
struct http_response {
  long status = 0;
  std::multimap<std::string, std::string> headers;  ///< names in lower case
  std::string body;

  /// The first header of that (lower-case) name; empty where there is none.
  [[nodiscard]] std::string header(const std::string& name) const;

  /// The body as JSON. Throws nlohmann's parse_error, which quotes the place.
  [[nodiscard]] json parsed() const;
};

/// There was no HTTP answer: refused, reset, timed out.
class no_answer : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One request as a test writes it.
struct http_request {
  std::string method = "GET";
  std::string path = "/";            ///< with the query, sent as it is
  std::optional<std::string> body;   ///< sent with Content-Type application/json unless headers name one
  std::vector<std::string> headers;  ///< "Name: value"; "Name:" leaves out one that libcurl sends by itself
};

/// A keep-alive HTTP/1.1 client of one server. Redirects are not followed.
///
/// Threading: none; make one for each thread. Errors: no_answer.
class http_client {
 public:
  /// `base_url` such as "http://127.0.0.1:8000"; a request that takes longer than `patience` is a no_answer.
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

/// `text` with everything but unreserved characters percent-encoded, for a path segment or a query value.
std::string url_encoded(std::string_view text);

}  // namespace kfs::test
