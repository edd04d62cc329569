// All changes on a server in one order, and the stream of each consumer.
#include "actors/change_feed.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::change_feeds_test {

namespace {

struct feed_fixture {
  change_feed_ptr feed = std::make_shared<change_feed>();
  consumer_id first{"first"};
  consumer_id second{"second"};
};

/// The events have their numbers from outside.
struct shared_feed_fixture {
  std::vector<consumer_event> taken;
  std::vector<consumer_id> opened;
  consumer_id first{"first"};
  change_feed_ptr feed = std::make_shared<change_feed>(
      event_numbering{.take = [this](const consumer_id&, consumer_event event) { taken.push_back(std::move(event)); },
                      .opened = [this](const consumer_id& consumer) { opened.push_back(consumer); }});

  static consumer_event event(std::uint64_t number) { return {.number = number, .at = {}, .message = "m"}; }
  void tell(std::uint64_t number, consumer_event numbered = event(0)) {
    numbered.number = number;
    feed->tell(first, numbered);
  }
  static std::string numbers(const std::vector<consumer_event>& events) {
    std::string text;
    for (const auto& event : events) text += (text.empty() ? "" : " ") + std::to_string(event.number);
    return text;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(change_feeds, feed_fixture)

BOOST_AUTO_TEST_CASE(changes_have_numbers_over_all_consumers_and_events_have_numbers_of_their_consumer) {
  const auto first_log = feed->open(first);
  const auto second_log = feed->open(second);
  first_log->add(event_kind::created, "a");
  second_log->add(event_kind::created, "b");
  first_log->add(event_kind::updated, "c");
  const auto changes = feed->after();
  BOOST_REQUIRE(changes.size() == 3u);
  BOOST_TEST((changes[1].consumer == second));
  BOOST_TEST(changes[2].number == 3u);
  BOOST_TEST(changes[2].event.number == 2u);
  BOOST_TEST((changes[2].consumer == first));
  BOOST_TEST(feed->after(2).size() == 1u);
  BOOST_TEST(feed->find(first)->after().size() == 2u);
}

BOOST_AUTO_TEST_CASE(the_oldest_changes_beyond_the_bound_are_dropped) {
  const auto log = feed->open(first);
  for (std::size_t i = 0; i < change_feed::most_kept + 5; ++i) log->add(event_kind::updated, "m");
  const auto changes = feed->after();
  BOOST_TEST(changes.size() == change_feed::most_kept);
  BOOST_TEST(changes.front().number == 6u);
}

BOOST_AUTO_TEST_CASE(a_listener_hears_every_change_until_it_stops) {
  std::string heard;
  const auto log = feed->open(first);
  log->add(event_kind::created, "a");
  const auto listener = feed->follow([&](const server_change& change) { heard += change.event.message; });
  log->add(event_kind::updated, "b");
  feed->open(second)->add(event_kind::created, "c");
  feed->unfollow(listener);
  log->add(event_kind::updated, "d");
  BOOST_TEST(heard == "bc");
}

BOOST_AUTO_TEST_CASE(a_deleted_consumer_has_no_stream_and_adds_no_change) {
  const auto log = feed->open(first);
  bool closed = false;
  const auto followed = log->follow(
      0, [](const consumer_event&) {}, [&] { closed = true; });
  feed->close(first);
  BOOST_TEST(closed);
  BOOST_TEST(!feed->find(first));
  log->add(event_kind::updated, "late");
  BOOST_TEST(feed->after().empty());
}

BOOST_AUTO_TEST_CASE(a_consumer_that_is_created_again_begins_a_new_stream) {
  const auto before = feed->open(first);
  before->add(event_kind::created, "a");
  const auto after = feed->open(first);
  before->add(event_kind::updated, "late");
  after->add(event_kind::created, "b");
  BOOST_TEST(after->after().size() == 1u);
  BOOST_TEST(after->after().front().number == 1u);
  BOOST_TEST(feed->after().size() == 2u);
}

BOOST_AUTO_TEST_CASE(closed_streams_can_still_be_read) {
  const auto log = feed->open(first);
  log->add(event_kind::created, "a");
  feed->close_all();
  BOOST_TEST(feed->find(first)->after().size() == 1u);
  log->add(event_kind::updated, "late");
  BOOST_TEST(log->after().size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(an_event_that_others_tell_too_is_told_when_it_has_a_number, shared_feed_fixture) {
  const auto log = feed->open(first);
  BOOST_TEST((opened == std::vector{first}));
  feed->recall(first, {});
  log->add(event_kind::created, "a");
  log->add(event_kind::updated, "b");
  BOOST_TEST(log->after().empty());
  BOOST_TEST(feed->after().empty());
  BOOST_TEST_REQUIRE(taken.size() == 2U);
  tell(70, taken[0]);
  tell(90, taken[1]);
  BOOST_TEST(numbers(log->after()) == "70 90");
  BOOST_TEST(log->after(80).front().message == "b");
  BOOST_TEST(feed->after().size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_stream_tells_nothing_before_it_knows_what_was_told_earlier, shared_feed_fixture) {
  const auto log = feed->open(first);
  tell(30);  // is also among the events of earlier times, which are asked for after the stream was opened
  BOOST_TEST(log->after().empty());
  feed->recall(first, {event(10), event(20), event(30)});
  tell(30);
  tell(40);
  BOOST_TEST(numbers(log->after()) == "10 20 30 40");
  feed->recall(first, {event(10), event(40), event(50)});
  BOOST_TEST(numbers(log->after()) == "10 20 30 40 50");
}

BOOST_FIXTURE_TEST_CASE(who_has_seen_more_than_a_stream_that_others_tell_too_gets_nothing_twice, shared_feed_fixture) {
  const auto log = feed->open(first);
  std::string heard;
  const auto followed = log->follow(
      30, [&](const consumer_event& told) { heard += std::to_string(told.number) + ' '; }, [] {});
  feed->recall(first, {event(10), event(20)});
  BOOST_TEST(log->after(30).empty());
  tell(30);
  tell(40);
  BOOST_TEST(heard == "40 ");
}

BOOST_FIXTURE_TEST_CASE(events_of_a_consumer_that_is_not_known_are_changes_only, shared_feed_fixture) {
  feed->recall(first, {event(10)});
  tell(20);
  BOOST_TEST(!feed->find(first));
  BOOST_TEST(feed->after().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::change_feeds_test
