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

/// Address and port, as they are logged.
std::string to_text(const restinio::asio_ns::ip::tcp::endpoint& remote);

/// What the sockets of one event loop share.
///
/// Ownership: the loop's. Threading: set before the first connection, then safe from any thread.
class connection_service : public restinio::asio_ns::execution_context::service {
 public:
  /// Makes the answer to what could not be read, from a client's address, since a time.
  using refusal = std::function<http_response(std::string remote, std::chrono::steady_clock::time_point since)>;

  inline static restinio::asio_ns::execution_context::id id;
  explicit connection_service(restinio::asio_ns::execution_context& loop);

  void set(std::size_t most_connections, refusal refuse);
  /// Of the whole loop.
  [[nodiscard]] open_connections& all() noexcept { return *open_; }
  [[nodiscard]] http_response refuse(std::string remote, std::chrono::steady_clock::time_point since) const;

 private:
  void shutdown() override {}
  std::unique_ptr<open_connections> open_;
  refusal refuse_;
};

/// Those of a loop.
connection_service& connections_of(restinio::asio_ns::io_context& loop);

/// A TCP socket that does not leave a peer unanswered.
///
/// RESTinio closes a connection without a word when what came is not HTTP, passes a limit, or does not end in time. All
/// it tells the socket is shutdown(): when bytes were read since the last answer, that is the moment to say 400. Nor
/// does it answer `Expect: 100-continue`: that RESTinio reads on is the moment to say 100.
///
/// RESTinio must read on only when every earlier request has been answered (max_pipelined_requests 1): what is said
/// here would get into the middle of another answer.
///
/// Threading: as asio's sockets. Ownership: stays where it is from the first read on.
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

  void shutdown(shutdown_type what, restinio::asio_ns::error_code& problem);

 private:
  void before_read();
  void after_read(std::string_view bytes);
  void say_bad_request();
  bool say(std::string_view text);

  connection_service* shared_;
  open_connections::seat seat_;
  std::optional<request_framing> framing_;  ///< from the first read on: RESTinio accepts into sockets moved from
  endpoint_type remote_;
  std::chrono::steady_clock::time_point unanswered_since_;
  bool unanswered_ = false;
};

}  // namespace kfs
