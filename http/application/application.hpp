#pragma once

#include <atomic>
#include <memory>

#include "http/application/router.hpp"
#include "http/handlers/context.hpp"
#include "http/message/http_message.hpp"
#include "http/streams/open_streams.hpp"

namespace kfs {

/// The REST API without a socket: routes a request, and gives every answer its request id, headers, shape of errors,
/// log line and metric.
///
/// Threading: handle() from any thread.
/// Ownership: shared with the answers that are under way.
class application : public std::enable_shared_from_this<application> {
 public:
  /// `streams`: where the transport keeps those that it sends.
  application(caf::actor_system& system, http_environment environment, std::shared_ptr<open_streams> streams);

  /// Answers through `send`, once, from any thread. Does not block and does not throw.
  void handle(http_request request, responder::transport send);

  /// The answer to what could not be read as a request, from a client's address; its connection is closed. Counted and
  /// logged as other answers are.
  http_response refuse_unreadable(std::string remote, std::chrono::steady_clock::time_point arrived);

  /// From now on every request is answered with 503 and its connection closed.
  void refuse_requests() noexcept { refusing_ = true; }

  /// Drops what still waits for actors; each of it is answered with 500.
  void close() { context_.bridge.close(); }

 private:
  struct facts;
  void dispatch(const exchange_ptr& exchanged, const route_match& matched);
  [[nodiscard]] bool is_open(const route& found) const;
  /// Lets a caller go on who may use the route, or answers that it may not.
  void admit(const exchange_ptr& exchanged, const route& found, const result<signed_in_ptr>& who);
  void run(const exchange_ptr& exchanged, const route& found);
  void audit(int status, const facts& known) const;
  void complete(http_response& response, const facts& known) const;
  void account(int status, const facts& known) const;
  void log_answer(int status, const facts& known, std::chrono::duration<double> took) const;
  void account_when_over(http_response& response, const std::shared_ptr<const facts>& known);

  application_context context_;
  router router_;
  std::atomic<bool> refusing_{false};
};

}  // namespace kfs
