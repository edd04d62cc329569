// GET /consumers/{consumer_id}/events as JSON: which events, and which clients receive a stream.

#include <boost/test/unit_test.hpp>

#include "tests/contract/contract_server.hpp"
#include "tests/support/raw_socket.hpp"

namespace kfs::events_test {

using namespace kfs::contract;

namespace {

struct eventful_server : contract_server {
  /// The path of the events of a consumer that was created and then stopped three times: events 1 to 4.
  std::string path;

  eventful_server() {
    auto body = mission_consumer(file("values.log"));
    body["auto_start"] = false;
    const auto consumer = path_of(created(body));
    for (int i = 0; i < 3; ++i) post(consumer + "/stop");
    path = consumer + "/events";
  }

  /// The numbers of the answered events, for example "1 2".
  std::string numbers(const std::string& query) {
    std::string text;
    const auto content = get(path + query).content();
    for (const auto& event : content.at("events")) text += (text.empty() ? "" : " ") + event.at("number").dump();
    return text;
  }

  /// The media type of the answer for an Accept header. Uses HEAD, so that a stream does not start.
  std::string type_for(const std::string& accept) {
    return send("HEAD", path, std::nullopt, {"Accept: " + accept}).header("content-type");
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(events, eventful_server)

BOOST_AUTO_TEST_CASE(events_are_listed_oldest_first_with_all_their_keys) {
  const auto answered = get(path);
  BOOST_TEST(answered.header("content-type") == "application/json");
  const auto events = answered.content().at("events");
  BOOST_TEST_REQUIRE(events.size() == 4U);
  const std::vector<std::string> keys{"number", "at", "kind", "message", "code", "source", "actor"};
  BOOST_TEST(keys_of(events.at(0)) == keys, boost::test_tools::per_element());
  BOOST_TEST(events.at(0).at("kind") == "created");
  BOOST_TEST(events.at(3).at("kind") == "stop_requested");
  BOOST_TEST(numbers("") == "1 2 3 4");
}

BOOST_AUTO_TEST_CASE(after_and_limit_select_the_newest_events) {
  BOOST_TEST(numbers("?after=0") == "1 2 3 4");
  BOOST_TEST(numbers("?after=2") == "3 4");
  BOOST_TEST(numbers("?after=4").empty());
  BOOST_TEST(numbers("?limit=1") == "4");
  BOOST_TEST(numbers("?after=1&limit=2") == "3 4");
  BOOST_TEST(numbers("?limit=500") == "1 2 3 4");
}

BOOST_AUTO_TEST_CASE(a_number_of_an_earlier_server_run_selects_all_events) {
  BOOST_TEST(numbers("?after=9223372036854775807") == "1 2 3 4");
}

BOOST_AUTO_TEST_CASE(an_invalid_query_is_422_for_any_accept_header) {
  for (const auto* const query :
       {"?after=-1", "?after=x", "?after=", "?limit=0", "?limit=501", "?limit=many", "?after=1.5"}) {
    for (const auto* const accept : {"application/json", "text/event-stream"}) {
      const auto answered = get(path + query, {std::string("Accept: ") + accept});
      BOOST_TEST(answered.status == 422, query);
      BOOST_TEST(answered.content().at("detail").at(0).at("loc").at(0) == "query", query);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_events_of_an_unknown_consumer_are_404_and_delete_is_405) {
  for (const auto* const id : {"123e4567-e89b-42d3-a456-426614174000", "nonsense"}) {
    for (const auto* const accept : {"application/json", "text/event-stream"}) {
      const auto unknown = get("/consumers/" + std::string(id) + "/events", {std::string("Accept: ") + accept});
      BOOST_TEST(unknown.status == 404);
      BOOST_TEST(unknown.header("content-type") == "application/json");
      BOOST_TEST(unknown.detail() == "Consumer " + std::string(id) + " not found");
    }
  }
  const auto answered = send("DELETE", path, std::nullopt);
  BOOST_TEST(answered.status == 405);
  BOOST_TEST(answered.header("allow").find("GET") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(only_a_client_that_prefers_a_stream_receives_one) {
  for (const auto* const stream : {"text/event-stream", "text/event-stream, */*;q=0.1", "Text/Event-Stream;q=0.2",
                                   "application/json;q=0.5, text/event-stream", "text/*"})
    BOOST_TEST(type_for(stream) == "text/event-stream", stream);
  for (const auto* const plain :
       {"application/json", "*/*", "text/html", "text/event-stream;q=0", "application/json, text/event-stream",
        "text/event-stream;q=0.5, application/json;q=0.6", "application/problem+json"})
    BOOST_TEST(type_for(plain) == "application/json", plain);
}

BOOST_AUTO_TEST_CASE(head_has_the_headers_of_json_and_of_a_stream_and_no_body) {
  const auto plain = send("HEAD", path, std::nullopt);
  BOOST_TEST(plain.status == 200);
  BOOST_TEST(plain.header("content-length") == std::to_string(get(path).body.size()));
  const auto stream = send("HEAD", path, std::nullopt, {"Accept: text/event-stream"});
  BOOST_TEST(stream.status == 200);
  BOOST_TEST(stream.header("cache-control") == "no-store");
  BOOST_TEST(stream.header("x-accel-buffering") == "no");
  BOOST_TEST(stream.body.empty());
  for (int i = 0; i < 200; ++i)
    BOOST_TEST_REQUIRE(send("HEAD", path, std::nullopt, {"Accept: text/event-stream"}).status == 200);
}

BOOST_AUTO_TEST_CASE(over_http_1_0_events_are_json) {
  test::raw_socket old{"127.0.0.1", process().port()};
  old.send("GET " + path + " HTTP/1.0\r\nAccept: text/event-stream\r\n\r\n");
  const auto answered = old.read_until_close();
  BOOST_TEST(answered.find("Content-Type: application/json\r\n") != std::string::npos, answered);
  BOOST_TEST(answered.find("Transfer-Encoding") == std::string::npos, answered);
  BOOST_TEST(answered.find(R"({"events":[{"number":1,)") != std::string::npos, answered);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::events_test
