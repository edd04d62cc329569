#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/certificates.hpp"

namespace kfs::test {

/// How the endpoint answers a request.
struct https_answer {
  enum class way : std::uint8_t {
    whole,    ///< a complete answer
    none,     ///< no answer; the connection stays open until the client or the endpoint ends
    slow,     ///< a byte of the body every 50 ms
    endless,  ///< a body without a stated length that does not end
  };
  int status = 200;
  std::vector<std::string> headers = {};  ///< "Name: value"
  std::string body = {};
  way how = way::whole;
};

/// A TLS endpoint on a port of 127.0.0.1 that takes one request for each connection, one connection at a time.
///
/// Threading: safe from any thread. Runs its own thread, which calls the script. Errors: end the test case.
class https_endpoint {
 public:
  using script = std::function<https_answer(const std::string& target)>;

  /// `certificate` is a name that `from` has signed. Without a script, it answers 200 with an empty body.
  https_endpoint(const certificate_authority& from, const std::string& certificate, script answers = nullptr,
                 bool wants_client_certificate = false);
  ~https_endpoint();
  https_endpoint(const https_endpoint&) = delete;
  https_endpoint& operator=(const https_endpoint&) = delete;

  [[nodiscard]] std::string url(const std::string& path = "/in", const std::string& host = "127.0.0.1") const;

  void answer_with(script answers);

  /// Closes its port until come_back(), which listens on the same one.
  void vanish();
  void come_back();

  /// The requests whose header was read.
  [[nodiscard]] std::size_t requests() const;
  /// The bytes of bodies that were handed to the system for sending.
  [[nodiscard]] std::size_t sent_bytes() const;

 private:
  class server;
  std::unique_ptr<server> server_;
};

}  // namespace kfs::test
