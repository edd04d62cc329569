#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "config/base/error.hpp"
#include "http/handlers/context.hpp"

namespace kfs {

/// The REST API on a listening socket, with threads of its own.
///
/// Threading: stop() and the destructor from one thread, not from one of an actor.
class http_server {
 public:
  /// Listens on the HTTP_HOST and HTTP_PORT of the settings and answers from then on.
  /// Errors: invalid_request with host and port when they cannot be listened on.
  static result<std::unique_ptr<http_server>> start(caf::actor_system& system, http_environment environment);

  /// Stops as stop() does.
  ~http_server();
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  /// The port that is listened on, also when 0 was asked for.
  [[nodiscard]] std::uint16_t port() const noexcept;

  /// Takes no more connections, answers what is in flight (15 s at most), closes. Further requests on open connections
  /// are answered with 503. Idempotent.
  void stop();

 private:
  class listener;
  explicit http_server(std::unique_ptr<listener> running);
  std::unique_ptr<listener> running_;
};

}  // namespace kfs
