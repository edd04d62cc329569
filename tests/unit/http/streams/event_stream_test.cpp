#include "http/streams/event_stream.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

#include "tests/unit/http/streams/fake_stream_writer.hpp"

namespace kfs::event_stream_test {

namespace {

struct followed_log {
  event_log_ptr log = std::make_shared<event_log>();
  std::shared_ptr<test::fake_stream_writer> client = std::make_shared<test::fake_stream_writer>();
  std::shared_ptr<void> place = std::make_shared<int>();

  void add_event(std::string message = "m") { log->add(event_kind::updated, std::move(message)); }

  std::shared_ptr<kfs::event_stream> follow(const event_selection& selection = {}) {
    return kfs::event_stream::follow(*log, selection, place, [] { return true; });
  }

  /// The ids of the events that the client received since the last call, for example "1 2".
  std::string ids() {
    std::string found;
    const auto text = client->take();
    for (auto at = text.find("id: "); at != std::string::npos; at = text.find("\nid: ", at)) {
      at = text.find(' ', at) + 1;
      found += (found.empty() ? "" : " ") + text.substr(at, text.find('\n', at) - at);
    }
    return found;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(event_stream, followed_log)

BOOST_AUTO_TEST_CASE(it_begins_with_the_reconnect_delay_and_the_past_events) {
  log->add(event_kind::failed, "no broker", ec::broker_silent, fault_source::of_kafka());
  const auto stream = follow();
  stream->start(client);
  BOOST_TEST(client->received.starts_with("retry: 2000\n\nid: 1\nevent: failed\ndata: {\"number\":1,\"at\":\""));
  BOOST_TEST(client->received.ends_with(
      R"("kind":"failed","message":"no broker","code":"broker_silent","source":"kafka","actor":null})"
      "\n\n"));
}

BOOST_AUTO_TEST_CASE(new_events_follow_without_a_gap) {
  add_event();
  const auto stream = follow();
  add_event();
  stream->start(client);
  BOOST_TEST(ids() == "1 2");
  add_event();
  BOOST_TEST(ids() == "3");
}

BOOST_AUTO_TEST_CASE(it_resumes_after_a_number_and_begins_with_at_most_the_limit) {
  for (int i = 0; i < 5; ++i) add_event();
  const auto resumed = follow({.after = 3});
  resumed->start(client);
  BOOST_TEST(ids() == "4 5");
  const auto limited = follow({.after = 1, .limit = 1});
  limited->start(client);
  BOOST_TEST(ids() == "5");
}

BOOST_AUTO_TEST_CASE(it_ends_with_its_log) {
  const auto stream = follow();
  stream->start(client);
  add_event();
  log->close();
  BOOST_TEST(ids() == "1");
  BOOST_TEST(client->finished);
}

BOOST_AUTO_TEST_CASE(the_stream_of_a_closed_log_has_the_past_events_and_ends) {
  add_event();
  log->close();
  const auto stream = follow();
  stream->start(client);
  BOOST_TEST(ids() == "1");
  BOOST_TEST(client->finished);
}

BOOST_AUTO_TEST_CASE(after_end_it_sends_no_event) {
  const auto stream = follow();
  stream->start(client);
  stream->end();
  client->take();
  add_event();
  BOOST_TEST(client->finished);
  BOOST_TEST(client->received.empty());
}

BOOST_AUTO_TEST_CASE(a_heart_beat_is_a_comment) {
  const auto stream = follow();
  stream->start(client);
  client->take();
  stream->beat();
  BOOST_TEST(client->take() == ":\n\n");
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_is_cut_at_256_kib_besides_the_past_events) {
  const std::string longest(event_log::longest_message, 'x');
  for (std::size_t i = 0; i < event_log::most_kept; ++i) add_event(longest);
  client->reads = false;
  const auto stream = follow();
  stream->start(client);
  const auto past_bytes = client->waiting();
  BOOST_TEST(past_bytes > 256U * 1024U);
  for (int i = 0; i < 1'000 && !client->was_cut; ++i) add_event(longest);
  BOOST_TEST(client->was_cut);
  BOOST_TEST(client->waiting() <= past_bytes + 256U * 1024U);
  BOOST_TEST(client->waiting() > past_bytes + 254U * 1024U);
}

BOOST_AUTO_TEST_CASE(a_log_bounds_its_streams_and_each_that_ends_makes_room) {
  std::vector<std::shared_ptr<kfs::event_stream>> streams;
  while (auto stream = follow()) streams.push_back(std::move(stream));
  BOOST_TEST(streams.size() == event_log::most_listeners);
  streams.pop_back();
  BOOST_TEST((follow() != nullptr));
}

BOOST_AUTO_TEST_CASE(it_holds_its_place_and_its_connection_until_it_is_destroyed) {
  auto stream = follow();
  stream->start(client);
  BOOST_TEST(place.use_count() == 2);
  BOOST_TEST(client.use_count() == 2);
  stream.reset();
  BOOST_TEST(place.use_count() == 1);
  BOOST_TEST(client.use_count() == 1);
  add_event();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::event_stream_test
