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

void connection_service::set(std::size_t most_connections, refusal refuse) {
  open_ = std::make_unique<open_connections>(most_connections);
  refuse_ = std::move(refuse);
}

http_response connection_service::refuse(std::string remote, std::chrono::steady_clock::time_point since) const {
  return refuse_(std::move(remote), since);
}

connection_service& connections_of(asio_ns::io_context& loop) {
  return asio_ns::use_service<connection_service>(static_cast<asio_ns::execution_context&>(loop));
}

answering_socket::answering_socket(asio_ns::io_context& loop) : base(loop), shared_(&connections_of(loop)) {}

void answering_socket::shutdown(shutdown_type what, asio_ns::error_code& problem) {
  seat_.leave();
  if (std::exchange(unanswered_, false)) say_bad_request();
  base::shutdown(what, problem);
}

void answering_socket::before_read() {
  if (!seat_) {
    asio_ns::error_code gone;
    remote_ = remote_endpoint(gone);
    framing_.emplace();
    seat_ = shared_->all().enter(native_handle(), to_text(remote_));
  }
  seat_.wait();
  if (!framing_->take_expectation() || say("HTTP/1.1 100 Continue\r\n\r\n")) return;
  asio_ns::error_code ignored;  // who takes no 25 bytes gets no more
  base::shutdown(shutdown_both, ignored);
}

void answering_socket::after_read(std::string_view bytes) {
  if (bytes.empty()) return;
  if (!std::exchange(unanswered_, true)) unanswered_since_ = std::chrono::steady_clock::now();
  const bool request_ended = framing_->receive(bytes);
  if (framing_->saw_http_1_0()) seat_.knows_no_chunks();
  if (request_ended) seat_.serve();
}

void answering_socket::say_bad_request() {
  const auto refusal = shared_->refuse(to_text(remote_), unanswered_since_);
  std::string text = "HTTP/1.1 " + std::to_string(refusal.status) + " " + std::string(reason_phrase(refusal.status)) +
                     "\r\nConnection: close\r\n";
  for (const auto& [name, value] : refusal.headers) text += name + ": " + value + "\r\n";
  say(text + "Content-Length: " + std::to_string(refusal.body.size()) + "\r\n\r\n" + refusal.body);
}

/// Without waiting; false where the peer did not take all of it.
bool answering_socket::say(std::string_view text) {
  asio_ns::error_code problem;
  non_blocking(true, problem);
  return write_some(asio_ns::buffer(text.data(), text.size()), problem) == text.size();
}

}  // namespace kfs
