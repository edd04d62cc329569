#include "http/server/server.hpp"

#include <future>
#include <restinio/all.hpp>
#include <thread>

#include "config/base/text.hpp"
#include "http/application/application.hpp"
#include "http/message/answers.hpp"
#include "http/message/uri.hpp"
#include "http/server/in_flight_counter.hpp"
#include "http/server/pending_answer.hpp"
#include "http/streams/open_streams.hpp"

namespace kfs {
namespace {

using namespace std::chrono_literals;
namespace asio_ns = restinio::asio_ns;

constexpr std::size_t thread_count = 2;
constexpr std::size_t read_buffer_size = 4 * 1024;                      ///< for every connection, idle ones included
constexpr std::uint64_t max_parsed_body = 8 * 1024 * 1024 + 64 * 1024;  ///< the handler answers 413 above 1 MiB
constexpr auto read_time_limit = 30s;                                   ///< for one request, and for an idle connection
constexpr auto write_time_limit = 30s;
constexpr auto handle_time_limit = request_time_limit + 6s;  ///< never reached: the bridge answers earlier
constexpr auto drain_time_limit = request_time_limit + 1s;
constexpr auto beat_interval = 10s;            ///< must be well below handle_time_limit, which ends silent streams
constexpr auto check_interval = 250ms;         ///< in which a client that has left is noticed
constexpr auto stream_end_time_limit = 500ms;  ///< time to send the last bytes of streams when the server stops

std::optional<std::string> header(const restinio::http_request_header_t& headers, std::string_view name) {
  const auto value = headers.opt_value_of(restinio::string_view_t(name.data(), name.size()));
  if (!value) return std::nullopt;
  return std::string(trimmed({value->data(), value->size()}));
}

/// One that is sent twice names nobody: which of them counts, servers and proxies do not agree upon.
std::optional<std::string> authorization_of(const restinio::http_request_header_t& headers) {
  int sent = 0;
  headers.for_each_value_of(restinio::http_field_t::authorization, [&](const auto&) {
    ++sent;
    return restinio::http_header_fields_t::continue_enumeration();
  });
  return sent == 1 ? header(headers, "Authorization") : std::nullopt;
}

http_request to_request(const restinio::request_handle_t& received) {
  const auto& headers = received->header();
  auto target = parse_target(headers.request_target());
  http_request request;
  request.method = headers.method().c_str();
  request.path = std::move(target.path);
  request.query = std::move(target.query);
  request.body = received->body();
  request.accept = header(headers, "Accept");
  request.content_type = header(headers, "Content-Type");
  request.content_encoding = header(headers, "Content-Encoding");
  request.if_match = header(headers, "If-Match");
  request.last_event_id = header(headers, "Last-Event-ID");
  request.authorization = authorization_of(headers);
  request.tenant = header(headers, "X-Tenant");
  request.audit_reason = header(headers, "X-Audit-Reason");
  request.given_request_id = header(headers, "X-Request-Id");
  request.remote = to_text(received->remote_endpoint());
  return request;
}

restinio::incoming_http_msg_limits_t message_limits() {
  return restinio::incoming_http_msg_limits_t{}
      .max_url_size(16 * 1024)
      .max_field_name_size(256)
      .max_field_value_size(16 * 1024)
      .max_field_count(100)
      .max_body_size(max_parsed_body);
}

/// The address of a host name or an address literal. The error names the host.
result<asio_ns::ip::address> resolve(asio_ns::io_context& loop, const std::string& host) {
  asio_ns::error_code problem;
  const auto literal = asio_ns::ip::make_address(host, problem);
  if (!problem) return literal;
  asio_ns::ip::tcp::resolver resolver(loop);
  const auto found = resolver.resolve(host, "", asio_ns::ip::resolver_base::passive, problem);
  if (problem || found.empty()) {
    return failure(ec::invalid_request, "HTTP_HOST: cannot find the address of " + host + ": " + problem.message());
  }
  return found.begin()->endpoint().address();
}

}  // namespace

/// The listening socket, its threads, and the application that answers.
class http_server::listener {
 public:
  listener(caf::actor_system& system, const http_environment& environment)
      : application_(std::make_shared<application>(system, environment, streams_)),
        max_connections_(environment.most_connections) {
    connection_service_of(*loop_).set(max_connections_, [this](std::string remote, auto since) {
      return application_->refuse_unreadable(std::move(remote), since);
    });
  }

  ~listener() { stop(); }
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  result<void> listen(const std::string& host, std::uint16_t port) {
    const auto address = resolve(*loop_, host);
    if (!address) return tl::make_unexpected(address.error());
    server_ = std::make_shared<restinio_server>(restinio::external_io_context(*loop_), server_settings(*address, port));
    threads_ = std::make_unique<restinio::on_pool_runner_t<restinio_server>>(thread_count, *server_);
    std::promise<std::exception_ptr> opened;
    threads_->start([&opened]() noexcept { opened.set_value(nullptr); },
                    [&opened](std::exception_ptr problem) noexcept { opened.set_value(std::move(problem)); });
    if (const auto problem = opened.get_future().get()) {
      end_threads();
      return cannot_listen(host, port, problem);
    }
    repeat(*next_beat_, beat_interval, [this] { streams_->beat(); });
    repeat(*next_check_, check_interval, [this] { streams_->check_clients(); });
    return {};
  }

  void stop() {
    if (!std::exchange(open_, false)) return;
    application_->refuse_requests();
    if (server_) {
      std::promise<void> closed;
      server_->close_async([&closed] { closed.set_value(); }, [&closed](std::exception_ptr) { closed.set_value(); });
      closed.get_future().wait();
      streams_->end();
      in_flight_->wait_until_empty(drain_time_limit);
      ending_streams_->wait_until_empty(stream_end_time_limit);
      end_threads();
    }
    application_->close();
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  restinio::server_settings_t<server_traits> server_settings(const asio_ns::ip::address& address, std::uint16_t port) {
    restinio::server_settings_t<server_traits> settings;
    settings.address(address)
        .protocol(address.is_v6() ? asio_ns::ip::tcp::v6() : asio_ns::ip::tcp::v4())
        .port(port)
        .request_handler([this](restinio::request_handle_t received) { return take(std::move(received)); })
        .incoming_http_msg_limits(message_limits())
        .max_parallel_connections(max_connections_)
        .concurrent_accepts_count(thread_count)
        .buffer_size(read_buffer_size)
        .max_pipelined_requests(1)  // answering_socket needs it
        .read_next_http_message_timelimit(read_time_limit)
        .write_http_response_timelimit(write_time_limit)
        .handle_request_timeout(handle_time_limit)
        .acceptor_post_bind_hook([this](asio_ns::ip::tcp::acceptor& bound) { port_ = bound.local_endpoint().port(); });
    return settings;
  }

  /// Handles the request outside this call. With max_pipelined_requests 1, RESTinio 0.6.16 would read twice after an
  /// answer that is given inside it. Deferred, it stays in this thread: posted, it would wake the other one.
  restinio::request_handling_status_t take(restinio::request_handle_t received) {
    auto request = to_request(received);
    request.takes_chunks = connection_service_of(*loop_).connections().accepts_chunks(request.remote);
    pending_answer pending{
        {loop_, server_, streams_, ending_streams_}, in_flight_counter::enter(in_flight_), std::move(received)};
    asio_ns::defer(*loop_, [this, request = std::move(request), pending = std::move(pending)]() mutable {
      application_->handle(std::move(request),
                           [pending = std::move(pending)](http_response answer) { pending.send(std::move(answer)); });
    });
    return restinio::request_accepted();
  }

  /// Acts after each interval, until the timer is destroyed.
  static void repeat(asio_ns::steady_timer& timer, std::chrono::milliseconds interval, std::function<void()> act) {
    timer.expires_after(interval);
    timer.async_wait([&timer, interval, act = std::move(act)](const asio_ns::error_code& cancelled) mutable {
      if (cancelled) return;
      act();
      repeat(timer, interval, std::move(act));
    });
  }

  /// Destroys the remaining connections before the server that counts them.
  void end_threads() {
    threads_->stop();
    threads_->wait();
    threads_.reset();
    next_beat_.reset();
    next_check_.reset();
    streams_->clear();
    loop_->drop_handlers();
    server_.reset();
  }

  static result<void> cannot_listen(const std::string& host, std::uint16_t port, const std::exception_ptr& problem) {
    try {
      std::rethrow_exception(problem);
    } catch (const std::exception& cause) {
      return failure(ec::invalid_request,
                     "cannot listen on " + host + ":" + std::to_string(port) + ": " + cause.what() +
                         "; stop the program that uses the port, or change HTTP_HOST and HTTP_PORT");
    }
  }

  std::shared_ptr<open_streams> streams_ = std::make_shared<open_streams>();
  std::shared_ptr<application> application_;
  std::size_t max_connections_;
  std::shared_ptr<in_flight_counter> in_flight_ = std::make_shared<in_flight_counter>();
  std::shared_ptr<in_flight_counter> ending_streams_ = std::make_shared<in_flight_counter>();
  std::shared_ptr<event_loop> loop_ = std::make_shared<event_loop>();
  std::optional<asio_ns::steady_timer> next_beat_{*loop_};
  std::optional<asio_ns::steady_timer> next_check_{*loop_};
  std::shared_ptr<restinio_server> server_;
  std::unique_ptr<restinio::on_pool_runner_t<restinio_server>> threads_;
  std::uint16_t port_ = 0;
  bool open_ = true;
};

http_server::http_server(std::unique_ptr<listener> running) : running_(std::move(running)) {}
http_server::~http_server() = default;

result<std::unique_ptr<http_server>> http_server::start(caf::actor_system& system, http_environment environment) {
  auto running = std::make_unique<listener>(system, environment);
  const auto& configured = environment.configured;
  if (const auto listening = running->listen(configured.http_host, configured.http_port); !listening) {
    return tl::make_unexpected(listening.error());
  }
  return std::unique_ptr<http_server>(new http_server(std::move(running)));
}

std::uint16_t http_server::port() const noexcept {
  return running_->port();
}

void http_server::stop() {
  running_->stop();
}

}  // namespace kfs
