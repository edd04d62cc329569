#pragma once

#include <functional>
#include <memory>
#include <restinio/all.hpp>

#include "http/message/http_message.hpp"
#include "http/server/answering_socket.hpp"
#include "http/server/in_flight_counter.hpp"
#include "http/streams/open_streams.hpp"

namespace kfs {

/// RESTinio as it is used here.
struct server_traits
    : restinio::traits_t<restinio::asio_timer_manager_t, restinio::null_logger_t,
                         std::function<restinio::request_handling_status_t(restinio::request_handle_t)>,
                         restinio::default_strand_t, answering_socket> {
  static constexpr bool use_connection_count_limiter = true;
};
using restinio_server = restinio::http_server_t<server_traits>;

/// asio's event loop, whose pending handlers can be let go before it ends.
class event_loop : public restinio::asio_ns::io_context {
 public:
  /// Once no thread runs it any more.
  void drop_handlers() { shutdown(); }
};

/// What an answer needs of the server that sends it. Outlives what a connection points to, whoever holds the answer.
struct sending_side {
  std::shared_ptr<event_loop> loop;
  std::shared_ptr<restinio_server> server;
  std::shared_ptr<open_streams> streams;
  std::shared_ptr<in_flight_counter> ending_streams;
};

/// The right to send one answer to the client of one request, whole or as a stream.
///
/// Threading: any one thread.
struct pending_answer {
  sending_side side;
  std::shared_ptr<void> in_flight;
  restinio::request_handle_t request;

  /// Once.
  void send(http_response answer) const;
};

}  // namespace kfs
