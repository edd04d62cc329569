// GET /consumers/{consumer_id}/events as server-sent events: content, resumption, bounds and the end of a stream.

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "tests/contract/contract_server.hpp"
#include "tests/support/event_stream_client.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/kafka_cluster.hpp"

namespace kfs::event_streams_test {

using namespace kfs::contract;
using namespace std::chrono_literals;

namespace {

using client_list = std::vector<std::unique_ptr<test::event_stream_client>>;

struct followed_server : contract_server {
  /// Creates a consumer without starting it. Returns its path.
  std::string stopped_consumer() {
    auto body = mission_consumer(file("values.log"));
    body["auto_start"] = false;
    return path_of(created(body));
  }

  std::unique_ptr<test::event_stream_client> follow(const std::string& path, const std::string& headers = "") {
    return std::make_unique<test::event_stream_client>(process().port(), path + "/events",
                                                       "Accept: text/event-stream\r\n" + headers);
  }

  /// Opens the maximum number of streams of a consumer.
  client_list follow_all(const std::string& path) {
    client_list clients;
    for (int i = 0; i < 16; ++i) {
      clients.push_back(follow(path));
      BOOST_TEST_REQUIRE(clients.back()->head().starts_with("HTTP/1.1 200 "), clients.back()->head());
    }
    return clients;
  }

  /// Opens streams of a consumer until one is refused.
  client_list follow_until_refused(const std::string& path) {
    client_list clients;
    for (;;) {
      auto client = follow(path);
      if (!client->head().starts_with("HTTP/1.1 200 ")) return clients;
      clients.push_back(std::move(client));
    }
  }

  /// The headers of the answer to one more stream.
  std::string head_of_one_more(const std::string& path) { return follow(path)->head(); }

  /// How many streams have ended, according to the server's log.
  std::ptrdiff_t logged_streams() {
    const auto log = process().log();
    std::ptrdiff_t count = 0;
    const std::string line = "/events status=200";
    for (auto at = log.find(line); at != std::string::npos; at = log.find(line, at + 1)) ++count;
    return count;
  }
};

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(event_streams, followed_server)

BOOST_AUTO_TEST_CASE(a_stream_has_its_headers) {
  const auto head = follow(stopped_consumer())->head();
  for (const auto* const line :
       {"HTTP/1.1 200 OK\r\n", "\r\nContent-Type: text/event-stream\r\n", "\r\nCache-Control: no-store\r\n",
        "\r\nX-Accel-Buffering: no\r\n", "\r\nTransfer-Encoding: chunked\r\n", "\r\nX-Request-Id: "})
    BOOST_TEST(head.find(line) != std::string::npos, line << " is not in " << head);
  BOOST_TEST(head.find("Content-Length") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_stream_has_the_events_of_the_json_answer_and_then_new_ones) {
  const auto path = stopped_consumer();
  post(path + "/stop");
  const auto client = follow(path);
  const auto first = client->next();
  const auto second = client->next();
  BOOST_TEST(client->text().starts_with("retry: 2000\n\n"));
  const auto events = get(path + "/events").content().at("events");
  BOOST_TEST(first->id == "1");
  BOOST_TEST(first->name == "created");
  BOOST_TEST(first->data == events.at(0));
  BOOST_TEST(second->data == events.at(1));
  post(path + "/stop");
  const auto third = client->next();
  BOOST_TEST(third->id == "3");
  BOOST_TEST(third->name == "stop_requested");
}

BOOST_AUTO_TEST_CASE(a_stream_shows_a_consumer_from_its_creation_to_its_deletion) {
  test::kafka_cluster cluster{test::shared_bootstrap_servers()};
  const auto topic = test::unique_name("later");
  const auto path = path_of(created(local_consumer(file("values.log"), cluster.bootstrap_servers(), topic)));
  const auto client = follow(path);
  BOOST_TEST(client->next()->name == "created");

  auto failed = client->next();
  while (failed && failed->name != "failed") failed = client->next();
  BOOST_TEST_REQUIRE(failed.has_value());
  BOOST_TEST(failed->data.at("code") == "topic_missing");
  BOOST_TEST(failed->data.at("source") == "kafka");
  cluster.create_topic(topic);
  BOOST_TEST(client->names_until("recovered").back() == "recovered");

  BOOST_TEST(post(path + "/stop").status == 200);
  BOOST_TEST(contains(client->names_until("stop_requested"), "state_changed"));
  BOOST_TEST(client->names_until("state_changed").back() == "state_changed");
  BOOST_TEST(remove(path).status == 204);
  BOOST_TEST(client->ends_in_order());
  BOOST_TEST(client->text().find("draining to stopped") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_stream_resumes_after_the_last_event_that_its_client_received) {
  const auto path = stopped_consumer();
  for (int i = 0; i < 4; ++i) post(path + "/stop");
  BOOST_TEST(follow(path, "Last-Event-ID: 3\r\n")->next()->id == "4");
  const auto by_query = [&](const std::string& query, const std::string& header) {
    return test::event_stream_client(process().port(), path + "/events" + query,
                                     "Accept: text/event-stream\r\n" + header)
        .next()
        ->id;
  };
  BOOST_TEST(by_query("?after=3", "") == "4");
  BOOST_TEST(by_query("?after=1", "Last-Event-ID: 3\r\n") == "4");
  BOOST_TEST(by_query("?after=3", "Last-Event-ID: none of ours\r\n") == "4");
  BOOST_TEST(by_query("?limit=2", "") == "4");
  BOOST_TEST(by_query("", "Last-Event-ID: 4711\r\n") == "1");
}

BOOST_AUTO_TEST_CASE(an_idle_stream_has_heartbeats) {
  const auto client = follow(stopped_consumer());
  client->wait_for_heartbeat();
  BOOST_TEST(client->text().ends_with(":\n\n"));
}

BOOST_AUTO_TEST_CASE(the_seventeenth_stream_of_a_consumer_is_503) {
  const auto path = stopped_consumer();
  const auto clients = follow_all(path);
  const auto answered = head_of_one_more(path);
  BOOST_TEST(answered.starts_with("HTTP/1.1 503 "), answered);
  BOOST_TEST(answered.find("\r\nRetry-After: ") != std::string::npos, answered);
  BOOST_TEST(get(path + "/events").status == 200);
}

BOOST_AUTO_TEST_CASE(clients_that_left_free_their_places_within_a_second) {
  const auto path = stopped_consumer();
  auto clients = follow_all(path);
  for (const bool by_reset : {false, true}) {
    BOOST_TEST(head_of_one_more(path).starts_with("HTTP/1.1 503 "));
    for (const auto& client : clients) client->next();  // a socket with unread bytes would be reset when it is closed
    const auto began = std::chrono::steady_clock::now();
    if (by_reset)
      for (const auto& client : clients) client->reset();
    clients.clear();
    const auto none_is_taken = [&] { return (clients = follow_until_refused(path)).size() == 16U; };
    BOOST_TEST(test::eventually(5s, none_is_taken));
    BOOST_TEST((std::chrono::steady_clock::now() - began < 1s));
  }
}

BOOST_AUTO_TEST_CASE(stream_101_of_the_server_is_503_and_other_requests_succeed) {
  client_list clients;
  for (int i = 0; i < 7; ++i) {
    const auto path = stopped_consumer();
    for (int stream = 0; stream < 16 && clients.size() < 100; ++stream) {
      clients.push_back(follow(path));
      BOOST_TEST_REQUIRE(clients.back()->head().starts_with("HTTP/1.1 200 "), clients.back()->head());
    }
  }
  const auto path = stopped_consumer();
  const auto answered = head_of_one_more(path);
  BOOST_TEST(answered.starts_with("HTTP/1.1 503 "), answered);
  BOOST_TEST(answered.find("\r\nRetry-After: ") != std::string::npos, answered);
  BOOST_TEST(get(path + "/events").content().at("events").size() == 1U);
  BOOST_TEST(get("/health/ready").status == 200);
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_is_disconnected_and_others_are_not) {
  const auto path = stopped_consumer();
  const auto reading = follow(path);
  reading->head();
  const auto silent = follow(path);
  silent->head();
  // Fills the buffers of the operating system and 256 KiB more.
  constexpr int max_events = 40'000;
  auto acting = process().client();
  int events = 0;
  while (events < max_events && logged_streams() == 0) {
    for (int i = 0; i < 200; ++i, ++events) acting.post(path + "/stop");
    for (auto event = reading->next(); event && event->id != std::to_string(events + 1);) event = reading->next();
  }
  BOOST_TEST_REQUIRE(events < max_events, "a client that reads nothing was not disconnected");
  BOOST_TEST(!silent->ends_in_order());
  BOOST_TEST(silent->text().size() < 4U * 1024U * 1024U);
  post(path + "/stop");
  BOOST_TEST(reading->next()->name == "stop_requested");
}

BOOST_AUTO_TEST_CASE(a_stream_is_logged_and_counted_once_when_it_ends) {
  const auto path = stopped_consumer();
  const auto client = follow(path);
  client->next();
  BOOST_TEST(logged_streams() == 0);
  remove(path);
  BOOST_TEST(client->ends_in_order());
  BOOST_TEST(test::eventually(5s, [&] { return logged_streams() == 1; }));
  const auto metrics = get("/metrics").body;
  const auto counted = metrics.find(R"(route="/consumers/{consumer_id}/events")");
  BOOST_TEST(counted != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_stopping_server_ends_its_streams_at_once) {
  const auto path = stopped_consumer();
  auto clients = follow_all(path);
  for (const auto& client : clients) client->next();
  const auto begin = std::chrono::steady_clock::now();
  BOOST_TEST(process().stop() == 0);
  BOOST_TEST((std::chrono::steady_clock::now() - begin < 5s));
  for (const auto& client : clients) BOOST_TEST(client->ends_in_order());
  BOOST_TEST(logged_streams() == 16);
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_does_not_delay_the_stop_of_the_server) {
  const auto path = stopped_consumer();
  const auto silent = follow(path);
  silent->head();
  // More than the buffers of the operating system hold, but less than 256 KiB more.
  auto acting = process().client();
  for (int i = 0; i < 2'000; ++i) acting.post(path + "/stop");
  BOOST_TEST_REQUIRE(logged_streams() == 0);
  const auto begin = std::chrono::steady_clock::now();
  BOOST_TEST(process().stop() == 0);
  BOOST_TEST((std::chrono::steady_clock::now() - begin < 5s));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::event_streams_test
