#include "http/server/answering_socket.hpp"

#include "http/message/error_mapping.hpp"

namespace kfs {

namespace asio_ns = restinio::asio_ns;

std::string to_text(const asio_ns::ip::tcp::endpoint& remote) {
  const auto address = remote.address().to_string();
  const auto host = remote.address().is_v6() ? "[" + address + "]" : address;
  return host + ":" + std::to_string(remote.port());
}

connection_service::connection_service(asio_ns::execution_context& loop) : service(loop) {}

void connection_service::set(std::size_t max_connections, rejection reject) {
  connections_ = std::make_unique<open_connections>(max_connections);
  reject_ = std::move(reject);
}

http_response connection_service::reject(std::string remote, std::chrono::steady_clock::time_point since) const {
  return reject_(std::move(remote), since);
}

connection_service& connection_service_of(asio_ns::io_context& loop) {
  return asio_ns::use_service<connection_service>(static_cast<asio_ns::execution_context&>(loop));
}

answering_socket::answering_socket(asio_ns::io_context& loop) : base(loop), service_(&connection_service_of(loop)) {}

void answering_socket::shutdown(shutdown_type direction, asio_ns::error_code& problem) {
  seat_.leave();
  if (std::exchange(unanswered_, false)) write_bad_request();
  base::shutdown(direction, problem);
}

void answering_socket::before_read() {
  if (!seat_) {
    asio_ns::error_code gone;
    remote_ = remote_endpoint(gone);
    framing_.emplace();
    seat_ = service_->connections().enter(native_handle(), to_text(remote_));
  }
  seat_.wait();
  if (!framing_->take_expectation() || write_now("HTTP/1.1 100 Continue\r\n\r\n")) return;
  asio_ns::error_code ignored;  // the client does not accept even these 25 bytes
  base::shutdown(shutdown_both, ignored);
}

void answering_socket::after_read(std::string_view bytes) {
  if (bytes.empty()) return;
  if (!std::exchange(unanswered_, true)) unanswered_since_ = std::chrono::steady_clock::now();
  const bool request_ended = framing_->receive(bytes);
  if (framing_->saw_http_1_0()) seat_.set_http_1_0();
  if (request_ended) seat_.serve();
}

void answering_socket::write_bad_request() {
  const auto answer = service_->reject(to_text(remote_), unanswered_since_);
  std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " " + std::string(reason_phrase(answer.status)) +
                     "\r\nConnection: close\r\n";
  for (const auto& [name, value] : answer.headers) text += name + ": " + value + "\r\n";
  write_now(text + "Content-Length: " + std::to_string(answer.body.size()) + "\r\n\r\n" + answer.body);
}

/// Writes without blocking. False when the peer did not accept all of it.
bool answering_socket::write_now(std::string_view text) {
  asio_ns::error_code problem;
  non_blocking(true, problem);
  return write_some(asio_ns::buffer(text.data(), text.size()), problem) == text.size();
}

}  // namespace kfs
