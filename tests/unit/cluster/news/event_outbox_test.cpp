// The events that wait until the store takes them.
#include "cluster/news/event_outbox.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/support/stderr_capture.hpp"

namespace kfs::event_outbox_test {

namespace {

struct outbox_fixture {
  kfs::event_outbox outbox{logger(log_level::info, log_format::text)};

  void add(const std::string& consumer, const std::string& message) {
    outbox.add({consumer}, {.at = {}, .kind = event_kind::updated, .message = message});
  }
  void add_many(const std::string& consumer, std::size_t count) {
    for (std::size_t number = 1; number <= count; ++number) add(consumer, std::to_string(number));
  }
  std::string waiting(std::size_t most = 100) const {
    std::string text;
    for (const auto& [sequence, consumer, event] : outbox.oldest(most))
      text += (text.empty() ? "" : " ") + consumer.value + ':' + event.message;
    return text;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(event_outbox, outbox_fixture)

BOOST_AUTO_TEST_CASE(events_wait_in_their_order_until_they_are_stored) {
  add("a", "1");
  add("b", "2");
  add("a", "3");
  BOOST_TEST(waiting(2) == "a:1 b:2");
  BOOST_TEST(waiting(2) == "a:1 b:2");
  const auto sent = outbox.oldest(2).back().sequence;
  add("b", "4");
  outbox.stored(sent);
  BOOST_TEST(waiting() == "a:3 b:4");
  outbox.stored(outbox.oldest(2).back().sequence);
  BOOST_TEST(!outbox.has_waiting());
}

BOOST_AUTO_TEST_CASE(the_oldest_of_a_consumer_are_dropped_beyond_the_bound_which_is_logged) {
  test::stderr_capture capture;
  add("b", "kept");
  add_many("a", kfs::event_outbox::most_waiting + 3);
  BOOST_TEST(waiting(2) == "b:kept a:4");
  BOOST_TEST(outbox.oldest(10'000).size() == kfs::event_outbox::most_waiting + 1);
  outbox.stored(outbox.oldest(10'000).back().sequence);
  add("a", "next");
  outbox.stored(outbox.oldest(1).back().sequence);
  const auto lines = capture.lines();
  BOOST_TEST_REQUIRE(lines.size() == 2U);
  BOOST_TEST(lines[0].find("consumer_id=a") != std::string::npos, lines[0]);
  BOOST_TEST(lines[1].find("dropped=3") != std::string::npos, lines[1]);
}

/// What was sent meanwhile is not sent again.
BOOST_AUTO_TEST_CASE(events_that_are_dropped_while_they_are_sent_are_stored) {
  const test::stderr_capture capture;
  add_many("a", kfs::event_outbox::most_waiting);
  const auto sent = outbox.oldest(2).back().sequence;
  add("a", "new");
  outbox.stored(sent);
  BOOST_TEST(waiting(1) == "a:3");
}

BOOST_AUTO_TEST_CASE(a_wish_for_past_events_is_taken_once) {
  for (const auto* consumer : {"a", "b", "a", "c"}) outbox.want_past({consumer});
  BOOST_TEST(outbox.take_wanted(2).size() == 2U);
  BOOST_TEST(outbox.wants_past());
  BOOST_TEST(outbox.take_wanted(2).size() == 1U);
  BOOST_TEST(!outbox.wants_past());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::event_outbox_test
