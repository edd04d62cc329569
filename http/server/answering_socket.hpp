#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <restinio/asio_include.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "http/message/http_message.hpp"
#include "http/server/open_connections.hpp"
#include "http/server/request_framing.hpp"

namespace kfs {

/// "127.0.0.1:50000" or "[::1]:50000".
std::string to_text(const restinio::asio_ns::ip::tcp::endpoint& remote);

/// The state that all sockets of one event loop share.
///
/// Ownership: the event loop's. Threading: call set() before the first connection; the rest is safe from any thread.
class connection_service : public restinio::asio_ns::execution_context::service {
 public:
  /// Makes the answer to an unreadable request: from which client, and when its first bytes arrived.
  using rejection = std::function<http_response(std::string remote, std::chrono::steady_clock::time_point since)>;

  inline static restinio::asio_ns::execution_context::id id;
  explicit connection_service(restinio::asio_ns::execution_context& loop);

  void set(std::size_t max_connections, rejection reject);
  [[nodiscard]] open_connections& connections() noexcept { return *connections_; }
  [[nodiscard]] http_response reject(std::string remote, std::chrono::steady_clock::time_point since) const;

 private:
  void shutdown() override {}
  std::unique_ptr<open_connections> connections_;
  rejection reject_;
};

/// The service of an event loop.
connection_service& connection_service_of(restinio::asio_ns::io_context& loop);

/// A TCP socket that sends the two answers that RESTinio does not send:
///
/// - 400, when RESTinio closes a connection because the bytes are not HTTP, exceed a limit or do not complete in time.
///   The socket only sees shutdown(); it answers 400 when bytes were read since the last answer.
/// - 100, when a client waits for it (`Expect: 100-continue`). The socket answers when RESTinio reads on.
///
/// Needs max_pipelined_requests 1: RESTinio must read on only after every earlier request was answered, or these
/// answers would end up in the middle of another one.
///
/// Threading: as asio's sockets. Ownership: must not be moved after the first read.
class answering_socket : public restinio::asio_ns::ip::tcp::socket {
 public:
  using base = restinio::asio_ns::ip::tcp::socket;
  explicit answering_socket(restinio::asio_ns::io_context& loop);

  template <class Handler>
  auto async_read_some(const restinio::asio_ns::mutable_buffer& buffer, Handler&& handler) {
    before_read();
    return base::async_read_some(
        buffer, restinio::asio_ns::bind_executor(restinio::asio_ns::get_associated_executor(handler),
                                                 [this, buffer, handler = std::forward<Handler>(handler)](
                                                     const auto& problem, std::size_t size) mutable {
                                                   after_read({static_cast<const char*>(buffer.data()), size});
                                                   handler(problem, size);
                                                 }));
  }

  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler) {
    unanswered_ = false;
    return base::async_write_some(buffers, std::forward<Handler>(handler));
  }

  void shutdown(shutdown_type direction, restinio::asio_ns::error_code& problem);

 private:
  void before_read();
  void after_read(std::string_view bytes);
  void write_bad_request();
  bool write_now(std::string_view text);

  connection_service* service_;
  open_connections::seat seat_;
  std::optional<request_framing> framing_;  ///< set by the first read: RESTinio accepts into moved-from sockets
  endpoint_type remote_;
  std::chrono::steady_clock::time_point unanswered_since_;
  bool unanswered_ = false;
};

}  // namespace kfs
