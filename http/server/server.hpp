#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "config/base/error.hpp"
#include "http/handlers/context.hpp"

namespace kfs {

/// The REST API on a listening socket. Runs its own threads.
///
/// Threading: call stop() and the destructor from one thread that is not an actor's.
class http_server {
 public:
  /// Listens on HTTP_HOST and HTTP_PORT and answers requests from then on.
  /// Errors: invalid_request, naming host and port, when it cannot listen there.
  static result<std::unique_ptr<http_server>> start(caf::actor_system& system, http_environment environment);

  /// Calls stop().
  ~http_server();
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  /// The port that it listens on; the actual one when HTTP_PORT is 0.
  [[nodiscard]] std::uint16_t port() const noexcept;

  /// Accepts no more connections, answers the requests in flight (for at most 15 s), and closes all connections.
  /// Answers 503 to further requests on open connections. Idempotent.
  void stop();

 private:
  class listener;
  explicit http_server(std::unique_ptr<listener> running);
  std::unique_ptr<listener> running_;
};

}  // namespace kfs
