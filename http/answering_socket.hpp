#pragma once

#include <restinio/asio_include.hpp>
#include <string>
#include <utility>

namespace kfs {

/// A TCP socket that does not leave a peer unanswered.
///
/// RESTinio closes a connection without a word when what came is not HTTP, passes a limit, or does not end in time. All
/// it tells the socket is shutdown(): when bytes were read since the last answer, that is the moment to say 400.
///
/// Threading: as asio's sockets.
class answering_socket : public restinio::asio_ns::ip::tcp::socket {
 public:
  using base = restinio::asio_ns::ip::tcp::socket;
  using base::base;

  template <class Buffers, class Handler>
  auto async_read_some(const Buffers& buffers, Handler&& handler) {
    return base::async_read_some(
        buffers, restinio::asio_ns::bind_executor(
                     restinio::asio_ns::get_associated_executor(handler),
                     [this, handler = std::forward<Handler>(handler)](const auto& problem, std::size_t size) mutable {
                       unanswered_ = unanswered_ || size > 0;
                       handler(problem, size);
                     }));
  }

  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler) {
    unanswered_ = false;
    return base::async_write_some(buffers, std::forward<Handler>(handler));
  }

  void shutdown(shutdown_type what, restinio::asio_ns::error_code& problem) {
    if (std::exchange(unanswered_, false)) say_bad_request();
    base::shutdown(what, problem);
  }

 private:
  void say_bad_request();
  bool unanswered_ = false;
};

}  // namespace kfs
