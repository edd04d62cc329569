#include "tests/support/https_endpoint.hpp"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <mutex>
#include <thread>

namespace kfs::test {

class https_endpoint::server {
 public:
  server(const certificate_authority& from, const std::string& certificate, script answers,
         bool wants_client_certificate)
      : answers_(std::move(answers)), context_(::SSL_CTX_new(::TLS_server_method()), ::SSL_CTX_free) {
    ::SSL_CTX_use_certificate_file(context_.get(), from.path(certificate + ".pem").c_str(), SSL_FILETYPE_PEM);
    ::SSL_CTX_use_PrivateKey_file(context_.get(), from.path(certificate + ".key").c_str(), SSL_FILETYPE_PEM);
    ::SSL_CTX_load_verify_locations(context_.get(), from.path("ca.pem").c_str(), nullptr);
    if (wants_client_certificate)
      ::SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    begin();
  }

  ~server() { end(); }
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  void begin() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    here.sin_port = htons(port_);
    socklen_t size = sizeof here;
    BOOST_TEST_REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&here), size) == 0);
    BOOST_TEST_REQUIRE(::listen(listener_, 8) == 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&here), &size);
    port_ = ntohs(here.sin_port);
    thread_ = std::jthread([this](const std::stop_token& ends) { run(ends); });
  }

  void end() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
    ::close(listener_);
  }

  void answer_with(script answers) {
    const std::lock_guard lock(mutex_);
    answers_ = std::move(answers);
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::size_t requests() const { return requests_; }
  [[nodiscard]] std::size_t sent_bytes() const { return sent_bytes_; }

 private:
  void run(const std::stop_token& ends) {
    while (!ends.stop_requested()) {
      pollfd waiting{listener_, POLLIN, 0};
      if (::poll(&waiting, 1, 50) <= 0) continue;
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      const timeval patience{.tv_sec = 5, .tv_usec = 0};
      ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
      ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
      const std::unique_ptr<SSL, decltype(&::SSL_free)> secured(::SSL_new(context_.get()), ::SSL_free);
      ::SSL_set_fd(secured.get(), socket);
      if (::SSL_accept(secured.get()) == 1) serve(secured.get(), socket, ends);
      ::close(socket);
    }
  }

  void serve(SSL* secured, int socket, const std::stop_token& ends) {
    std::array<char, 16'384> bytes{};
    std::string got;
    while (got.find("\r\n\r\n") == std::string::npos) {
      const int size = ::SSL_read(secured, bytes.data(), bytes.size());
      if (size <= 0) return;
      got.append(bytes.data(), static_cast<std::size_t>(size));
    }
    ++requests_;
    const auto target = got.substr(got.find(' ') + 1);
    const auto answer = answer_to(target.substr(0, target.find(' ')));
    if (answer.how == https_answer::way::none) return wait(socket, ends);
    auto header = "HTTP/1.1 " + std::to_string(answer.status) + " Answer\r\nConnection: close\r\n";
    for (const auto& line : answer.headers) header += line + "\r\n";
    if (answer.how != https_answer::way::endless)
      header += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
    header += "\r\n";
    ::SSL_write(secured, header.data(), static_cast<int>(header.size()));
    send_body(secured, answer, ends);
    ::SSL_shutdown(secured);
  }

  void send_body(SSL* secured, const https_answer& answer, const std::stop_token& ends) {
    const bool slow = answer.how == https_answer::way::slow;
    const bool endless = answer.how == https_answer::way::endless;
    const auto body = endless ? std::string(16'384, 'x') : answer.body;
    std::size_t at = 0;
    while ((endless || at < body.size()) && !ends.stop_requested()) {
      const auto piece = std::string_view(body).substr(at, slow ? 1 : 16'384);
      if (::SSL_write(secured, piece.data(), static_cast<int>(piece.size())) <= 0) return;
      sent_bytes_ += piece.size();
      if (!endless) at += piece.size();
      if (slow) std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
  }

  static void wait(int socket, const std::stop_token& ends) {
    pollfd closing{socket, POLLRDHUP, 0};
    while (!ends.stop_requested() && ::poll(&closing, 1, 50) == 0) continue;
  }

  https_answer answer_to(const std::string& target) {
    const std::lock_guard lock(mutex_);
    return answers_ ? answers_(target) : https_answer{};
  }

  std::mutex mutex_;  ///< guards answers_
  script answers_;
  std::unique_ptr<SSL_CTX, decltype(&::SSL_CTX_free)> context_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> requests_ = 0;
  std::atomic<std::size_t> sent_bytes_ = 0;
  std::jthread thread_;
};

https_endpoint::https_endpoint(const certificate_authority& from, const std::string& certificate, script answers,
                               bool wants_client_certificate)
    : server_(std::make_unique<server>(from, certificate, std::move(answers), wants_client_certificate)) {}

https_endpoint::~https_endpoint() = default;

std::string https_endpoint::url(const std::string& path, const std::string& host) const {
  return "https://" + host + ':' + std::to_string(server_->port()) + path;
}

void https_endpoint::answer_with(script answers) {
  server_->answer_with(std::move(answers));
}

void https_endpoint::vanish() {
  server_->end();
}

void https_endpoint::come_back() {
  server_->begin();
}

std::size_t https_endpoint::requests() const {
  return server_->requests();
}

std::size_t https_endpoint::sent_bytes() const {
  return server_->sent_bytes();
}

}  // namespace kfs::test
