// Malformed and abusive requests. The server answers or closes the connection, and keeps answering other clients.

#include <sys/resource.h>

#include <boost/test/unit_test.hpp>

#include "tests/contract/contract_server.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/raw_socket.hpp"

namespace kfs::hostile_test {

using namespace kfs::contract;
using namespace std::chrono_literals;

namespace {

struct attacked_server : contract_server {
  std::unique_ptr<test::raw_socket> connect() {
    return std::make_unique<test::raw_socket>("127.0.0.1", process().port());
  }

  /// Sends raw bytes. Returns everything that the server sends until it closes the connection.
  std::string exchange(std::string_view bytes) {
    const auto connection = connect();
    connection->send(bytes);
    connection->finish_sending();
    return connection->read_until_close();
  }

  /// Sends a raw POST /consumers that closes the connection after the answer.
  std::string post_raw(const std::string& body, const std::string& headers = "") {
    return exchange("POST /consumers HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n" +
                    headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }

  void check_still_answers() { BOOST_TEST(get("/consumers").status == 200); }
};

bool is_answer(const std::string& text, const std::string& status) {
  return text.starts_with("HTTP/1.1 " + status);
}

/// The body of the answer in `text`.
std::string body_of(const std::string& text) {
  const auto end = text.find("\r\n\r\n");
  return end == std::string::npos ? std::string() : text.substr(end + 4);
}

/// The value of the first header of that name; empty when there is none.
std::string header_of(const std::string& text, const std::string& name) {
  const auto begin = text.find("\r\n" + name + ": ");
  if (begin == std::string::npos) return {};
  const auto value = begin + name.size() + 4;
  return text.substr(value, text.find("\r\n", value) - value);
}

/// Raises this process's limit of open files until the end of the test.
class raised_open_files {
 public:
  raised_open_files() {
    ::getrlimit(RLIMIT_NOFILE, &old_);
    const rlimit raised{old_.rlim_max, old_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &raised);
  }
  ~raised_open_files() { ::setrlimit(RLIMIT_NOFILE, &old_); }
  raised_open_files(const raised_open_files&) = delete;
  raised_open_files& operator=(const raised_open_files&) = delete;

 private:
  rlimit old_{};
};

using silent_clients = std::vector<std::unique_ptr<test::raw_socket>>;

silent_clients connect_silently(std::size_t count, std::uint16_t port, std::string_view first_bytes = "") {
  silent_clients out;
  while (out.size() < count) {
    out.push_back(std::make_unique<test::raw_socket>("127.0.0.1", port));
    out.back()->send(first_bytes);
  }
  return out;
}

/// A server with a limit of open files, given as arguments of `ulimit`.
test::server_process limited_server(const std::string& limit) {
  return test::server_process({}, {}, {"/bin/sh", "-c", "ulimit " + limit + " && exec \"$@\"", "sh"});
}

std::chrono::milliseconds time_of_answer(const test::server_process& server) {
  const auto begin = std::chrono::steady_clock::now();
  BOOST_TEST(server.client().get("/consumers").status == 200);
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(hostile, attacked_server)

BOOST_AUTO_TEST_CASE(garbage_is_rejected_and_the_connection_closed) {
  for (const auto& bytes :
       {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), std::string("hello\r\n\r\n"),
        std::string(4'096, '\0'), std::string("GET\r\n\r\n"), std::string("GET / HTTP/1.1\r\nno colon\r\n\r\n")}) {
    const auto answered = exchange(bytes);
    BOOST_TEST((answered.empty() || is_answer(answered, "4") || is_answer(answered, "5")), answered);
    check_still_answers();
  }
}

BOOST_AUTO_TEST_CASE(deep_nesting_is_rejected_without_exhausting_the_stack) {
  for (const auto& body : {std::string(500'000, '['), [] {
                             std::string objects;
                             for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
                             return objects;
                           }()}) {
    const auto answered = send("POST", "/consumers", body);
    BOOST_TEST(answered.status == 422);
    BOOST_TEST(answered.body.size() < 10'000U);
  }
  const auto closed = send("POST", "/consumers", std::string(200'000, '[') + std::string(200'000, ']'));
  BOOST_TEST(closed.status == 422);
  check_still_answers();
}

BOOST_AUTO_TEST_CASE(invalid_utf_8_is_rejected_and_the_answer_is_valid_json) {
  for (const std::string bytes : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {
    for (const auto& body : {"{\"topic\":\"" + bytes + "\"}", "{\"" + bytes + "\":1}", bytes}) {
      const auto answered = send("POST", "/consumers", body);
      BOOST_TEST(answered.status == 422);
      BOOST_TEST(answered.content().is_object());
    }
  }
  const auto in_path = exchange("GET /consumers/%ff%fe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  BOOST_TEST(is_answer(in_path, "404"), in_path);
  BOOST_TEST(!json::parse(body_of(in_path), nullptr, false).is_discarded());
  check_still_answers();
}

BOOST_AUTO_TEST_CASE(paths_with_dot_dot_or_nul_are_unknown) {
  for (const auto* const path : {"/docs/../../etc/passwd", "/docs/..%2f..%2fetc%2fpasswd", "/docs/%2e%2e/openapi.json",
                                 "/consumers/%00", "/consumers/a%00b", "/%", "/consumers/%zz", "/docs/index.html%00"}) {
    const auto answered = get(path);
    BOOST_TEST(answered.status == 404, path << " gave " << answered.status);
  }
}

BOOST_AUTO_TEST_CASE(a_request_id_cannot_inject_into_headers_or_the_log) {
  const auto answered =
      exchange("GET /consumers HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Request-Id: a\tb\x01\x1b[31m\r\n\r\n");
  BOOST_TEST(answered.find('\x1b') == std::string::npos);
  BOOST_TEST(process().log().find('\x1b') == std::string::npos);
  const auto long_id = get("/consumers", {"X-Request-Id: " + std::string(4'000, 'a')});
  BOOST_TEST(long_id.header("x-request-id").size() < 1'000U);
}

BOOST_AUTO_TEST_CASE(a_huge_header_is_rejected) {
  const auto answered = exchange("GET /consumers HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Filler: " +
                                 std::string(4 * 1024 * 1024, 'a') + "\r\n\r\n");
  BOOST_TEST((answered.empty() || is_answer(answered, "4")), answered.substr(0, 200));
  check_still_answers();
}

BOOST_AUTO_TEST_CASE(bytes_beyond_the_announced_body_are_not_handled_as_a_request) {
  const auto answered = exchange(
      "POST /consumers HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n"
      "{}DELETE /everything HTTP/1.1");
  BOOST_TEST(is_answer(answered, "422"), answered.substr(0, 200));
  check_still_answers();
}

BOOST_AUTO_TEST_CASE(two_lengths_or_a_length_with_chunks_are_rejected) {
  for (const auto* const headers : {"Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n"}) {
    const auto answered = post_raw("{}", headers);
    BOOST_TEST((answered.empty() || is_answer(answered, "4")), answered.substr(0, 200));
  }
  check_still_answers();
}

BOOST_AUTO_TEST_CASE(negative_and_absurd_lengths_are_rejected) {
  for (const auto* const length : {"-1", "99999999999999999999", "0x10", "1e3"}) {
    const auto answered = exchange(std::string("POST /consumers HTTP/1.1\r\nHost: x\r\nConnection: close\r\n") +
                                   "Content-Type: application/json\r\nContent-Length: " + length + "\r\n\r\n{}");
    BOOST_TEST((answered.empty() || is_answer(answered, "4")), answered.substr(0, 200));
  }
  check_still_answers();
}

BOOST_AUTO_TEST_CASE(an_endless_body_is_disconnected) {
  const auto connection = connect();
  connection->send(
      "POST /consumers HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
      "Content-Length: 1000000000000\r\n\r\n");
  const std::string block(1024 * 1024, 'a');
  int blocks = 0;
  while (blocks < 64 && connection->send(block)) ++blocks;
  BOOST_TEST(blocks < 64);
  check_still_answers();
}

BOOST_AUTO_TEST_CASE(slow_clients_do_not_delay_others) {
  std::vector<std::unique_ptr<test::raw_socket>> slow;
  for (int i = 0; i < 200; ++i) {
    slow.push_back(connect());
    slow.back()->send("POST /consumers HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n");
  }
  const auto begin = std::chrono::steady_clock::now();
  check_still_answers();
  BOOST_TEST((std::chrono::steady_clock::now() - begin < 2s));
}

BOOST_AUTO_TEST_CASE(two_thousand_silent_clients_do_not_delay_others) {
  const raised_open_files raised;
  const auto silent = connect_silently(2'000, process().port());
  BOOST_TEST(time_of_answer(process()).count() < 1'000);
}

BOOST_AUTO_TEST_CASE(more_silent_clients_than_places_do_not_delay_others) {
  const raised_open_files raised;
  const auto crowded = limited_server("-n 256");
  for (const auto* const bytes : {"", "GET /consumers HTTP/1.1\r\nHost:"}) {
    const auto silent = connect_silently(600, crowded.port(), bytes);
    BOOST_TEST(time_of_answer(crowded).count() < 1'000);
  }
}

BOOST_AUTO_TEST_CASE(the_longest_silent_client_is_evicted) {
  const auto crowded = limited_server("-n 256");
  const auto silent = connect_silently(200, crowded.port());
  constexpr auto patience = 10s;  // until the server has accepted them all, on a busy machine
  BOOST_TEST(silent.front()->read_until_close(patience).empty());
  silent.back()->send("GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  BOOST_TEST(is_answer(silent.back()->read_until_close(patience), "200"));
}

BOOST_AUTO_TEST_CASE(a_soft_limit_of_open_files_is_raised) {
  const raised_open_files raised;
  const auto softly_limited = limited_server("-S -n 64");
  const auto silent = connect_silently(200, softly_limited.port());
  BOOST_TEST(time_of_answer(softly_limited).count() < 1'000);
  silent.front()->send("GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  BOOST_TEST(is_answer(silent.front()->read_until_close(10s), "200"));
}

BOOST_AUTO_TEST_CASE(an_unreadable_request_is_logged_with_the_request_id_of_its_answer) {
  const auto answered = exchange("hello\r\n\r\n");
  BOOST_TEST_REQUIRE(is_answer(answered, "400"), answered);
  const auto id = header_of(answered, "X-Request-Id");
  BOOST_TEST_REQUIRE(!id.empty(), answered);
  BOOST_TEST(!json::parse(body_of(answered)).at("detail").get<std::string>().empty());
  BOOST_TEST(test::eventually(5s, [&] {
    const auto log = process().log();
    const auto at = log.find(" request_id=" + id + " remote=127.0.0.1:");
    const auto line = log.rfind('\n', at) + 1;
    return at != std::string::npos && log.find("request answered", line) < at && log.find(" status=400 ", line) < at;
  }));
  BOOST_TEST(get("/metrics").body.find("method=\"OTHER\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_client_that_never_completes_its_request_is_disconnected) {
  const auto connection = connect();
  connection->send("GET /consumers HTTP/1.1\r\nHost:");
  BOOST_CHECK_NO_THROW(connection->read_until_close(90s));
}

BOOST_AUTO_TEST_CASE(clients_that_disconnect_within_a_request_harm_no_other) {
  const auto body = mission_consumer(file("values.log")).dump();
  for (int i = 0; i < 50; ++i) {
    connect()->send("POST /consumers HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " +
                    std::to_string(body.size()) + "\r\n\r\n" + body.substr(0, body.size() / 2));
    connect()->send("GET /consumers HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  check_still_answers();
  BOOST_TEST(get("/consumers").content() == json::array());
}

BOOST_AUTO_TEST_CASE(pipelined_requests_are_answered_in_order) {
  const auto connection = connect();
  connection->send(
      "GET /consumers/first HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /consumers/second HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /consumers/third HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto answered = connection->read_until_close();
  const auto first = answered.find("Consumer first not found");
  const auto second = answered.find("Consumer second not found");
  const auto third = answered.find("Consumer third not found");
  BOOST_TEST_REQUIRE(third != std::string::npos, answered);
  BOOST_TEST(first < second);
  BOOST_TEST(second < third);
}

BOOST_AUTO_TEST_CASE(http_1_0_and_a_missing_host_are_answered) {
  BOOST_TEST(!exchange("GET /health/live HTTP/1.0\r\n\r\n").empty());
  BOOST_TEST(!exchange("GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n").empty());
  check_still_answers();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::hostile_test
