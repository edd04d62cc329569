// The sink with a TLS endpoint and the test's own certificate authorities.

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <memory>
#include <thread>

#include "processors/http/endpoints.hpp"
#include "processors/sink_registry.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/holds_value.hpp"
#include "tests/support/memory_batch.hpp"

namespace kfs::forwarder_tls_test {

using namespace std::chrono_literals;
using test::memory_batch;
using test::numbered;

namespace {

using authority = test::certificate_authority;

/// A TLS endpoint on a port of 127.0.0.1 that accepts one request for each connection. Runs its own thread.
class tls_endpoint {
 public:
  tls_endpoint(const authority& from, const std::string& certificate, bool wants_client_certificate)
      : context_(::SSL_CTX_new(::TLS_server_method()), ::SSL_CTX_free), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    ::SSL_CTX_use_certificate_file(context_.get(), from.path(certificate + ".pem").c_str(), SSL_FILETYPE_PEM);
    ::SSL_CTX_use_PrivateKey_file(context_.get(), from.path(certificate + ".key").c_str(), SSL_FILETYPE_PEM);
    ::SSL_CTX_load_verify_locations(context_.get(), from.path("ca.pem").c_str(), nullptr);
    if (wants_client_certificate)
      ::SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    BOOST_TEST_REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&here), size) == 0);
    BOOST_TEST_REQUIRE(::listen(listener_, 8) == 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&here), &size);
    port_ = ntohs(here.sin_port);
    thread_ = std::jthread([this](const std::stop_token& ends) { run(ends); });
  }

  ~tls_endpoint() {
    thread_.request_stop();
    thread_.join();
    ::close(listener_);
  }

  tls_endpoint(const tls_endpoint&) = delete;
  tls_endpoint& operator=(const tls_endpoint&) = delete;

  [[nodiscard]] std::string url(const std::string& host) const {
    return "https://" + host + ':' + std::to_string(port_) + "/in";
  }
  [[nodiscard]] int accepted() const { return accepted_; }

 private:
  void run(const std::stop_token& ends) {
    while (!ends.stop_requested()) {
      pollfd waiting{listener_, POLLIN, 0};
      if (::poll(&waiting, 1, 50) <= 0) continue;
      const int socket = ::accept(listener_, nullptr, nullptr);
      const timeval patience{.tv_sec = 5, .tv_usec = 0};
      ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
      const std::unique_ptr<SSL, decltype(&::SSL_free)> secured(::SSL_new(context_.get()), ::SSL_free);
      ::SSL_set_fd(secured.get(), socket);
      if (::SSL_accept(secured.get()) == 1) answer(secured.get());
      ::close(socket);
    }
  }

  void answer(SSL* secured) {
    std::array<char, 16'384> bytes{};
    std::string got;
    while (got.find("\r\n\r\n") == std::string::npos) {
      const int size = ::SSL_read(secured, bytes.data(), bytes.size());
      if (size <= 0) return;
      got.append(bytes.data(), static_cast<std::size_t>(size));
    }
    constexpr std::string_view text = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    ++accepted_;
    ::SSL_write(secured, text.data(), static_cast<int>(text.size()));
    ::SSL_shutdown(secured);
  }

  std::unique_ptr<SSL_CTX, decltype(&::SSL_CTX_free)> context_;
  int listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> accepted_ = 0;
  std::jthread thread_;
};

struct secured : authority {
  sink_environment environment;

  secured() {
    environment.endpoints = std::make_shared<http_endpoints>(
        *address_policy::parse({"127.0.0.0/8"}, "FORWARDER_ALLOWED_HOSTS"), http_endpoints::observer{});
    sign("server", "IP:127.0.0.1");
    sign("client", "DNS:client");
  }

  /// The result of writing one record.
  result<rejections> send(const std::string& url, json config = json::object()) const {
    config["endpoint_url"] = url;
    processor_spec processor;
    processor.config = std::move(config);
    return find_sink_type("streaming_forwarder")
        ->make({}, processor, environment, {}, 0)
        ->write(memory_batch(numbered(1)));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(forwarder_tls, secured)

BOOST_AUTO_TEST_CASE(only_a_certificate_of_the_configured_authority_is_trusted) {
  const tls_endpoint endpoint(*this, "server", false);
  const auto trusted = send(endpoint.url("127.0.0.1"), {{"tls_ca_pem", text("ca.pem")}});
  BOOST_TEST(test::holds_value(trusted));
  const auto unknown = send(endpoint.url("127.0.0.1"));
  BOOST_TEST_REQUIRE(!unknown.has_value());
  BOOST_TEST(unknown.error().message.find("certificate") != std::string::npos, unknown.error().message);
  BOOST_TEST(endpoint.accepted() == 1);
}

BOOST_AUTO_TEST_CASE(a_certificate_of_another_host_is_rejected) {
  const tls_endpoint endpoint(*this, "client", false);
  BOOST_TEST(!send(endpoint.url("127.0.0.1"), {{"tls_ca_pem", text("ca.pem")}}).has_value());
  BOOST_TEST(endpoint.accepted() == 0);
}

BOOST_AUTO_TEST_CASE(the_client_certificate_is_sent_to_an_endpoint_that_asks_for_it) {
  const tls_endpoint endpoint(*this, "server", true);
  BOOST_TEST(!send(endpoint.url("127.0.0.1"), {{"tls_ca_pem", text("ca.pem")}}).has_value());
  const auto shown = send(endpoint.url("127.0.0.1"), {{"tls_ca_pem", text("ca.pem")},
                                                      {"tls_certificate_pem", text("client.pem")},
                                                      {"tls_key_pem", text("client.key")}});
  BOOST_TEST(test::holds_value(shown));
}

BOOST_AUTO_TEST_CASE(a_malformed_key_is_an_error) {
  const tls_endpoint endpoint(*this, "server", true);
  const auto outcome = send(endpoint.url("127.0.0.1"),
                            {{"tls_certificate_pem", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"},
                             {"tls_key_pem", "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n"}});
  BOOST_TEST_REQUIRE(!outcome.has_value());
  BOOST_TEST(outcome.error().message.find("PRIVATE KEY") == std::string::npos, outcome.error().message);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::forwarder_tls_test
