#include "http/streams/event_stream.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

#include "tests/unit/http/streams/fake_stream_writer.hpp"

using namespace kfs;

namespace {

struct followed_log {
  event_log_ptr log = std::make_shared<event_log>();
  std::shared_ptr<test::fake_stream_writer> client = std::make_shared<test::fake_stream_writer>();
  std::shared_ptr<void> place = std::make_shared<int>();

  void happen(std::string message = "m") { log->add(event_kind::updated, std::move(message)); }

  std::shared_ptr<kfs::event_stream> follow(const event_selection& wanted = {}) {
    return kfs::event_stream::follow(*log, wanted, place);
  }

  /// The ids of the events that the client has got since it was asked last, as "1 2".
  std::string ids() {
    std::string found;
    const auto news = client->news();
    for (auto at = news.find("id: "); at != std::string::npos; at = news.find("\nid: ", at)) {
      at = news.find(' ', at) + 1;
      found += (found.empty() ? "" : " ") + news.substr(at, news.find('\n', at) - at);
    }
    return found;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(event_stream, followed_log)

BOOST_AUTO_TEST_CASE(it_begins_with_the_pause_and_the_events_so_far) {
  log->add(event_kind::failed, "no broker", ec::broker_silent, "kafka");
  const auto stream = follow();
  stream->start(client);
  BOOST_TEST(client->got.starts_with("retry: 2000\n\nid: 1\nevent: failed\ndata: {\"number\":1,\"at\":\""));
  BOOST_TEST(client->got.ends_with(R"("kind":"failed","message":"no broker","code":"broker_silent","source":"kafka"})"
                                   "\n\n"));
}

BOOST_AUTO_TEST_CASE(it_goes_on_with_each_that_happens_without_a_gap) {
  happen();
  const auto stream = follow();
  happen();
  stream->start(client);
  BOOST_TEST(ids() == "1 2");
  happen();
  BOOST_TEST(ids() == "3");
}

BOOST_AUTO_TEST_CASE(it_resumes_behind_a_number_and_begins_with_no_more_than_the_limit) {
  for (int i = 0; i < 5; ++i) happen();
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
  happen();
  log->close();
  BOOST_TEST(ids() == "1");
  BOOST_TEST(client->finished);
}

BOOST_AUTO_TEST_CASE(of_a_log_that_is_closed_it_has_the_events_so_far_and_ends) {
  happen();
  log->close();
  const auto stream = follow();
  stream->start(client);
  BOOST_TEST(ids() == "1");
  BOOST_TEST(client->finished);
}

BOOST_AUTO_TEST_CASE(it_ends_when_it_is_told_and_hears_no_more) {
  const auto stream = follow();
  stream->start(client);
  stream->end();
  client->news();
  happen();
  BOOST_TEST(client->finished);
  BOOST_TEST(client->got.empty());
}

BOOST_AUTO_TEST_CASE(a_heart_beat_is_a_comment) {
  const auto stream = follow();
  stream->start(client);
  client->news();
  stream->beat();
  BOOST_TEST(client->news() == ":\n\n");
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_is_cut_at_256_kib_besides_the_events_so_far) {
  const std::string longest(event_log::longest_message, 'x');
  for (std::size_t i = 0; i < event_log::most_kept; ++i) happen(longest);
  client->reads = false;
  const auto stream = follow();
  stream->start(client);
  const auto begun_with = client->waiting();
  BOOST_TEST(begun_with > 256U * 1024U);
  for (int i = 0; i < 1'000 && !client->was_cut; ++i) happen(longest);
  BOOST_TEST(client->was_cut);
  BOOST_TEST(client->waiting() <= begun_with + 256U * 1024U);
  BOOST_TEST(client->waiting() > begun_with + 254U * 1024U);
}

BOOST_AUTO_TEST_CASE(no_more_follow_a_log_than_it_takes_and_each_that_goes_makes_room) {
  std::vector<std::shared_ptr<kfs::event_stream>> streams;
  while (auto stream = follow()) streams.push_back(std::move(stream));
  BOOST_TEST(streams.size() == event_log::most_listeners);
  streams.pop_back();
  BOOST_TEST((follow() != nullptr));
}

BOOST_AUTO_TEST_CASE(it_holds_its_place_and_the_connection_until_it_goes) {
  auto stream = follow();
  stream->start(client);
  BOOST_TEST(place.use_count() == 2);
  BOOST_TEST(client.use_count() == 2);
  stream.reset();
  BOOST_TEST(place.use_count() == 1);
  BOOST_TEST(client.use_count() == 1);
  happen();
}

BOOST_AUTO_TEST_SUITE_END()
