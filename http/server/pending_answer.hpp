#pragma once

#include <functional>
#include <memory>
#include <restinio/all.hpp>

#include "http/message/http_message.hpp"
#include "http/server/answering_socket.hpp"
#include "http/server/in_flight_counter.hpp"
#include "http/streams/open_streams.hpp"

namespace kfs {

/// How this server instantiates RESTinio.
struct server_traits
    : restinio::traits_t<restinio::asio_timer_manager_t, restinio::null_logger_t,
                         std::function<restinio::request_handling_status_t(restinio::request_handle_t)>,
                         restinio::default_strand_t, answering_socket> {
  static constexpr bool use_connection_count_limiter = true;
};
using restinio_server = restinio::http_server_t<server_traits>;

/// asio's event loop with a way to destroy its pending handlers before it is destroyed.
class event_loop : public restinio::asio_ns::io_context {
 public:
  /// Call it only when no thread runs the loop any more.
  void drop_handlers() { shutdown(); }
};

/// The parts of the server that an answer needs. Shared, so that they outlive every pending answer.
struct answer_context {
  std::shared_ptr<event_loop> loop;
  std::shared_ptr<restinio_server> server;
  std::shared_ptr<open_streams> streams;
  std::shared_ptr<in_flight_counter> ending_streams;
};

/// The right to send one answer to the client of one request, whole or as a stream.
///
/// Threading: any thread, one at a time.
struct pending_answer {
  answer_context context;
  std::shared_ptr<void> in_flight;
  restinio::request_handle_t request;

  /// Call it once.
  void send(http_response answer) const;
};

}  // namespace kfs
