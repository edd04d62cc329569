// The HTTP protocol: methods, paths, sizes, media types, headers, and the two shapes of an error.

#include <boost/test/unit_test.hpp>
#include <set>

#include "tests/contract/contract_server.hpp"
#include "tests/support/raw_socket.hpp"

namespace kfs::protocol_test {

using namespace kfs::contract;

namespace {

std::set<std::string> words_of(const std::string& list) {
  std::set<std::string> words;
  std::string word;
  for (const char c : list + ",") {
    if (c != ',' && c != ' ') {
      word += c;
    } else if (!word.empty()) {
      words.insert(std::move(word));
      word.clear();
    }
  }
  return words;
}

/// A JSON text of `size` bytes.
std::string text_of_size(std::size_t size) {
  return '"' + std::string(size - 2, 'a') + '"';
}

constexpr std::string_view interim_answer = "HTTP/1.1 100 Continue\r\n\r\n";

struct asked_server : contract_server {
  json body = mission_consumer(file("values.log"));

  test::raw_socket connect() { return {"127.0.0.1", process().port()}; }

  /// The headers of a POST /consumers whose body is sent later.
  [[nodiscard]] std::string announced_post(const std::string& headers, std::string_view version = "1.1") const {
    return "POST /consumers HTTP/" + std::string(version) + "\r\nHost: x\r\n" + headers +
           "Connection: close\r\nContent-Length: " + std::to_string(body.dump().size()) + "\r\n\r\n";
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(protocol, asked_server)

BOOST_AUTO_TEST_CASE(an_unknown_path_is_404) {
  for (const auto* const path : {"/nothing", "/consumers/a/b", "/api", "/consumer", "//consumers", "/docs/nothing"}) {
    const auto answered = get(path);
    BOOST_TEST(answered.status == 404, path << " gave " << answered.status);
    BOOST_TEST(answered.body == R"({"detail":"Not Found"})", path << " gave " << answered.body);
  }
}

BOOST_AUTO_TEST_CASE(an_unknown_method_of_a_path_is_405_with_the_known_ones) {
  const auto on_list = send("DELETE", "/consumers/", std::nullopt);
  BOOST_TEST(on_list.status == 405);
  BOOST_TEST(on_list.body == R"({"detail":"Method Not Allowed"})");
  BOOST_TEST((words_of(on_list.header("allow")) == std::set<std::string>{"GET", "HEAD", "OPTIONS", "POST"}));

  const auto on_one = send("PATCH", "/consumers/some-id", "{}");
  BOOST_TEST(on_one.status == 405);
  BOOST_TEST((words_of(on_one.header("allow")) == std::set<std::string>{"DELETE", "GET", "HEAD", "OPTIONS", "PUT"}));

  const auto on_start = get("/consumers/some-id/start");
  BOOST_TEST(on_start.status == 405);
  BOOST_TEST((words_of(on_start.header("allow")) == std::set<std::string>{"OPTIONS", "POST"}));
}

BOOST_AUTO_TEST_CASE(options_lists_the_methods_of_a_path) {
  const auto allowed = send("OPTIONS", "/consumers", std::nullopt);
  BOOST_TEST(allowed.status == 204);
  BOOST_TEST((words_of(allowed.header("allow")) == std::set<std::string>{"GET", "HEAD", "OPTIONS", "POST"}));
}

BOOST_AUTO_TEST_CASE(a_body_above_one_mebibyte_is_413) {
  constexpr std::size_t mebibyte = 1024 * 1024;
  BOOST_TEST(send("POST", "/consumers/", text_of_size(mebibyte)).status == 422);
  for (const auto size : {mebibyte + 1, 4 * mebibyte}) {
    const auto answered = send("POST", "/consumers/", text_of_size(size));
    BOOST_TEST(answered.status == 413);
    BOOST_TEST(!answered.detail().empty());
  }
}

BOOST_AUTO_TEST_CASE(a_client_that_waits_for_100_before_its_body_receives_it) {
  for (const auto* const field : {"Expect: 100-continue\r\n", "eXPECT:\t100-Continue \r\n"}) {
    auto client = connect();
    client.send(announced_post(field));
    BOOST_TEST(client.read_until("\r\n\r\n") == interim_answer);
    client.send(body.dump());
    const auto answered = client.read_until_close();
    BOOST_TEST(answered.starts_with("HTTP/1.1 201 "), answered);
  }
}

BOOST_AUTO_TEST_CASE(a_second_request_that_waits_for_100_receives_it_after_the_first_answer) {
  auto client = connect();
  client.send("GET /consumers/first HTTP/1.1\r\nHost: x\r\n\r\n" + announced_post("Expect: 100-continue\r\n"));
  const auto begin = client.read_until(interim_answer);
  BOOST_TEST(begin.starts_with("HTTP/1.1 404 "), begin);
  BOOST_TEST(begin.find("Consumer first not found") != std::string::npos, begin);
  client.send(body.dump());
  BOOST_TEST(client.read_until_close().starts_with("HTTP/1.1 201 "));
}

BOOST_AUTO_TEST_CASE(a_body_sent_with_its_headers_or_over_http_1_0_receives_no_100) {
  for (const auto* const version : {"1.1", "1.0"}) {
    auto client = connect();
    client.send(announced_post("Expect: 100-continue\r\n", version) + body.dump());
    const auto answered = client.read_until_close();
    BOOST_TEST(answered.starts_with("HTTP/1.1 201 "), answered);
  }
  auto old = connect();
  old.send(announced_post("Expect: 100-continue\r\n", "1.0"));
  old.finish_sending();
  BOOST_TEST(old.read_until_close().find("100 Continue") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_body_that_is_not_declared_as_json_is_415) {
  for (const auto* const type : {"text/plain", "application/x-www-form-urlencoded", "application/xml", "nonsense"}) {
    const auto answered = post("/consumers/", body, {std::string("Content-Type: ") + type});
    BOOST_TEST(answered.status == 415, type);
    BOOST_TEST(!answered.detail().empty());
  }
}

BOOST_AUTO_TEST_CASE(json_can_be_declared_with_parameters_or_in_capitals_or_not_at_all) {
  for (const auto* const header : {"Content-Type: application/json; charset=utf-8", "Content-Type: Application/JSON",
                                   "Content-Type: application/vnd.mine+json", "Content-Type:"}) {
    BOOST_TEST(post("/consumers/", body, {header}).status == 201, header);
  }
}

BOOST_AUTO_TEST_CASE(a_request_id_is_returned) {
  const std::string id = "req-4711.a_b";
  const auto listed = get("/consumers", {"X-Request-Id: " + id});
  BOOST_TEST(listed.header("x-request-id") == id);
  const auto answered = get("/nothing", {"X-Request-Id: " + id});
  BOOST_TEST(answered.header("x-request-id") == id);
}

BOOST_AUTO_TEST_CASE(requests_without_an_id_receive_a_new_one) {
  BOOST_TEST(get("/consumers").header("x-request-id") != get("/consumers").header("x-request-id"));
}

BOOST_AUTO_TEST_CASE(paths_answer_with_and_without_trailing_slash_and_below_api) {
  const auto made = created(body);
  const auto id = made.at("consumer_id").get<std::string>();
  for (const std::string prefix : {"", "/api"}) {
    for (const std::string end : {"", "/"}) {
      BOOST_TEST(get(prefix + "/consumers" + end).status == 200);
      BOOST_TEST(get(prefix + "/consumers/" + id + end).status == 200);
      BOOST_TEST(post(prefix + "/consumers/" + id + "/stop" + end).status == 200);
      BOOST_TEST(post(prefix + "/consumers/" + id + "/start" + end).status == 200);
      BOOST_TEST(put(prefix + "/consumers/" + id + end, {{"topic", "payments"}}).status == 200);
      BOOST_TEST(post(prefix + "/consumers" + end, body).status == 201);
      BOOST_TEST(get(prefix + "/consumergroups" + end).status == 200);
      BOOST_TEST(get(prefix + "/consumergroups" + end + "?all_groups=false").status == 200);
      BOOST_TEST(get(prefix + "/monitor/consumer-group-lag" + end).status == 422);
      BOOST_TEST(get(prefix + "/monitor/consumer-group-offsets" + end).status == 422);
    }
  }
}

BOOST_AUTO_TEST_CASE(head_is_get_without_the_body) {
  for (const auto* const path : {"/consumers", "/health/live", "/openapi.json", "/docs"}) {
    const auto got = get(path);
    const auto headed = send("HEAD", path, std::nullopt);
    BOOST_TEST(headed.status == 200);
    BOOST_TEST(headed.body.empty());
    BOOST_TEST(headed.header("content-type") == got.header("content-type"));
    BOOST_TEST(headed.header("content-length") == std::to_string(got.body.size()), path);
  }
  BOOST_TEST(send("HEAD", "/consumers/unknown", std::nullopt).status == 404);
}

BOOST_AUTO_TEST_CASE(errors_are_problem_details_for_clients_that_ask_for_them) {
  const header_list accept{"Accept: application/problem+json"};
  const auto unknown = get("/consumers/unknown", accept);
  BOOST_TEST(unknown.status == 404);
  BOOST_TEST(unknown.header("content-type") == "application/problem+json");
  BOOST_TEST(unknown.content().at("status") == 404);
  BOOST_TEST(unknown.content().at("title") == "Not Found");
  BOOST_TEST(unknown.content().at("detail") == "Consumer unknown not found");

  const auto invalid = post("/consumers/", json::object(), accept);
  BOOST_TEST(invalid.header("content-type") == "application/problem+json");
  BOOST_TEST(invalid.content().at("errors").size() == 6U);
  BOOST_TEST(get("/nothing", accept).header("content-type") == "application/problem+json");
  BOOST_TEST(send("PATCH", "/consumers", "{}", accept).header("content-type") == "application/problem+json");
}

BOOST_AUTO_TEST_CASE(errors_are_a_plain_detail_for_other_clients) {
  for (const auto* const accept : {"Accept: application/json", "Accept: */*", "Accept: text/html", "Accept:"}) {
    const auto unknown = get("/consumers/unknown", {accept});
    BOOST_TEST(unknown.header("content-type") == "application/json", accept);
    BOOST_TEST(unknown.body == R"({"detail":"Consumer unknown not found"})");
  }
}

BOOST_AUTO_TEST_CASE(successes_are_json_for_clients_that_ask_for_problem_details) {
  const auto listed = get("/consumers", {"Accept: application/problem+json"});
  BOOST_TEST(listed.status == 200);
  BOOST_TEST(listed.header("content-type") == "application/json");
}

BOOST_AUTO_TEST_CASE(the_list_is_filtered_paged_and_counted) {
  for (const auto* const topic : {"a", "b", "a", "b", "a"}) {
    body["topic"] = topic;
    body["auto_start"] = std::string_view(topic) == "a";
    created(body);
  }
  const auto all = get("/consumers");
  BOOST_TEST(all.content().size() == 5U);
  BOOST_TEST(all.header("x-total-count") == "5");

  const auto page = get("/consumers?topic=a&limit=2&offset=1");
  BOOST_TEST(page.header("x-total-count") == "3");
  BOOST_TEST_REQUIRE(page.content().size() == 2U);
  BOOST_TEST(page.content().at(0) == all.content().at(2));
  BOOST_TEST(page.content().at(1) == all.content().at(4));

  BOOST_TEST(get("/consumers?status=INACTIVE").header("x-total-count") == "2");
  BOOST_TEST(get("/consumers?consumer_group=payment_group&topic=b").header("x-total-count") == "2");
  BOOST_TEST(get("/consumers?consumer_group=nobody").content() == json::array());
  BOOST_TEST(get("/consumers?offset=5").content() == json::array());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::protocol_test
