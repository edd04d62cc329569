// The sink with an endpoint that answers before it has read the request, and resets the connection.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "tests/integration/forwarder_fixture.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/holds_value.hpp"

namespace kfs::forwarder_early_answer_test {

using namespace kfs::forwarder;
using namespace std::chrono_literals;

namespace {

/// Answers each request as soon as it has the head, without reading the body, when `early` has an answer for that
/// length; closing then resets the connection, because bytes are unread. Reads and accepts other requests.
class hasty_endpoint {
 public:
  using script = std::function<std::string(std::size_t length)>;

  explicit hasty_endpoint(script early) : early_(std::move(early)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    BOOST_REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&here), size) == 0);
    BOOST_REQUIRE(::listen(listener_, 16) == 0);
    BOOST_REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&here), &size) == 0);
    port_ = ntohs(here.sin_port);
    thread_ = std::jthread([this] { run(); });
  }

  ~hasty_endpoint() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }

  hasty_endpoint(const hasty_endpoint&) = delete;
  hasty_endpoint& operator=(const hasty_endpoint&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/in"; }
  [[nodiscard]] int requests() const { return requests_; }
  [[nodiscard]] texts accepted() {
    const std::lock_guard lock(mutex_);
    return accepted_;
  }

 private:
  void run() {
    for (int client = ::accept(listener_, nullptr, nullptr); client >= 0;
         client = ::accept(listener_, nullptr, nullptr)) {
      serve(client);
      ::close(client);
    }
  }

  void serve(int client) {
    std::string bytes;
    while (bytes.find("\r\n\r\n") == std::string::npos) {
      if (!receive(client, bytes)) return;
    }
    ++requests_;
    const auto body = bytes.find("\r\n\r\n") + 4;
    const auto length = std::stoul(bytes.substr(bytes.find("Content-Length: ") + 16));
    if (const auto answer = early_(length); !answer.empty()) return send(client, answer);
    while (bytes.size() < body + length) {
      if (!receive(client, bytes)) return;
    }
    {
      const std::lock_guard lock(mutex_);
      accepted_.push_back(bytes.substr(body));
    }
    send(client, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  }

  static bool receive(int client, std::string& into) {
    std::array<char, 4'096> bytes{};
    const auto size = ::recv(client, bytes.data(), bytes.size(), 0);
    if (size > 0) into.append(bytes.data(), static_cast<std::size_t>(size));
    return size > 0;
  }

  static void send(int client, const std::string& text) {
    [[maybe_unused]] const auto sent = ::send(client, text.data(), text.size(), MSG_NOSIGNAL);
  }

  const script early_;
  const int listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> requests_{0};
  std::mutex mutex_;
  texts accepted_;
  std::jthread thread_;
};

std::string answer_of(int status, const std::string& length = "Content-Length: 7",
                      const std::string& body = "too big") {
  return "HTTP/1.1 " + std::to_string(status) + " Early\r\n" + length + "\r\n\r\n" + body;
}

/// `count` records with a large value each.
memory_batch large_records(int count, std::size_t size) {
  std::vector<test::memory_record> records;
  for (int i = 0; i < count; ++i)
    records.push_back({.position = i, .value = std::to_string(i % 10) + std::string(size, '0')});
  return memory_batch(std::move(records));
}

constexpr std::size_t megabyte = 1'000'000;

/// What comes of a write once the endpoint's answer has arrived. The reset that follows an early answer may overtake it
/// while the client still sends; then the attempt is one without an answer, and a processor makes the next one.
template <class Outcome = decltype(std::declval<sink&>().write(std::declval<const batch&>()))>
Outcome answered(sink& to, const batch& records) {
  std::optional<Outcome> outcome;
  BOOST_TEST_REQUIRE(test::eventually(10s, [&] {
    outcome = to.write(records);
    return outcome->has_value() || outcome->error().code != ec::sink_unavailable;
  }));
  return std::move(*outcome);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(forwarder_early_answer, forwarding)

BOOST_AUTO_TEST_CASE(a_413_before_the_body_is_read_splits_the_request) {
  hasty_endpoint hasty([](std::size_t length) { return length > 3 * megabyte / 2 ? answer_of(413) : ""; });
  const auto to = make({{"endpoint_url", hasty.url()}, {"batch_max_messages", 4}});
  const auto outcome = answered(*to, large_records(4, megabyte));
  BOOST_TEST_REQUIRE(test::holds_value(outcome));
  BOOST_TEST(outcome->empty());
  BOOST_TEST(hasty.accepted().size() == 4u);
  BOOST_TEST(hasty.requests() < 20);
}

BOOST_AUTO_TEST_CASE(a_413_for_a_single_record_rejects_it) {
  hasty_endpoint hasty([](std::size_t length) { return length > megabyte ? answer_of(413) : ""; });
  const auto outcome = answered(*make({{"endpoint_url", hasty.url()}}), large_records(1, 8 * megabyte));
  BOOST_TEST_REQUIRE(outcome.has_value());
  BOOST_TEST_REQUIRE(outcome->size() == 1u);
  BOOST_TEST(mentions(outcome->front().why.message, "answered 413"), outcome->front().why.message);
}

BOOST_AUTO_TEST_CASE(an_answer_whose_body_is_cut_off_is_that_answer) {
  hasty_endpoint hasty([](std::size_t) { return answer_of(422, "Content-Length: 100", "half of"); });
  const auto outcome = make({{"endpoint_url", hasty.url()}})->write(memory_batch(numbered(1)));
  BOOST_TEST_REQUIRE(outcome.has_value());
  BOOST_TEST_REQUIRE(outcome->size() == 1u);
  BOOST_TEST(mentions(outcome->front().why.message, "answered 422 (Unprocessable Content)"),
             outcome->front().why.message);
  BOOST_TEST(!mentions(outcome->front().why.message, "half of"), outcome->front().why.message);
}

BOOST_AUTO_TEST_CASE(a_denial_before_the_body_is_read_is_a_denial) {
  hasty_endpoint hasty([](std::size_t) { return answer_of(403, "Connection: close", "not you"); });
  const auto outcome = answered(*make({{"endpoint_url", hasty.url()}}), large_records(1, 8 * megabyte));
  BOOST_TEST_REQUIRE(!outcome.has_value());
  BOOST_TEST((outcome.error().code == ec::sink_denied));
  BOOST_TEST(mentions(outcome.error().message, "answered 403 (Forbidden)"), outcome.error().message);
}

BOOST_AUTO_TEST_CASE(a_complete_200_before_the_body_is_read_accepts_the_record) {
  hasty_endpoint hasty([](std::size_t) { return answer_of(200, "Content-Length: 2", "ok"); });
  const auto outcome = answered(*make({{"endpoint_url", hasty.url()}}), large_records(1, 8 * megabyte));
  BOOST_TEST_REQUIRE(test::holds_value(outcome));
  BOOST_TEST(outcome->empty());
}

BOOST_AUTO_TEST_CASE(a_200_that_is_cut_off_is_no_answer) {
  hasty_endpoint hasty([](std::size_t) { return answer_of(200, "Content-Length: 20", "ok"); });
  const auto fault = fault_of(*make({{"endpoint_url", hasty.url()}}), large_records(1, 8 * megabyte));
  BOOST_TEST((fault.code == ec::sink_unavailable));
  BOOST_TEST(mentions(fault.message, "failed: "), fault.message);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::forwarder_early_answer_test
