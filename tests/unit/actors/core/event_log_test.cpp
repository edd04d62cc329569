#include "actors/event_log.hpp"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace kfs::event_log_test {

namespace {

struct log_fixture {
  std::shared_ptr<kfs::event_log> log = std::make_shared<kfs::event_log>();
  std::vector<std::uint64_t> heard;
  int closed = 0;

  void add(int count) {
    for (int i = 0; i < count; ++i) log->add(event_kind::state_changed, "something");
  }

  std::optional<kfs::event_log::followed> follow(std::uint64_t after) {
    return log->follow(
        after, [this](const consumer_event& event) { heard.push_back(event.number); }, [this] { ++closed; });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(event_log, log_fixture)

BOOST_AUTO_TEST_CASE(events_are_numbered_from_one_and_returned_oldest_first) {
  log->add(event_kind::failed, "no broker", ec::broker_unreachable, fault_source::of_kafka());
  log->add(event_kind::recovered, "well again");
  const auto all = log->after();
  BOOST_REQUIRE(all.size() == 2u);
  BOOST_TEST(all[0].number == 1u);
  BOOST_TEST((all[0].code == ec::broker_unreachable));
  BOOST_TEST(to_string(all[0].source.value()) == "kafka");
  BOOST_TEST(all[1].number == 2u);
  BOOST_TEST(log->after(1).size() == 1u);
  BOOST_TEST(log->after(2).empty());
}

BOOST_AUTO_TEST_CASE(the_oldest_events_beyond_the_bound_are_dropped_and_numbers_continue) {
  add(static_cast<int>(kfs::event_log::most_kept) + 10);
  const auto all = log->after();
  BOOST_REQUIRE(all.size() == kfs::event_log::most_kept);
  BOOST_TEST(all.front().number == 11u);
}

BOOST_AUTO_TEST_CASE(a_long_message_is_cut) {
  log->add(event_kind::failed, std::string(100'000, 'x'));
  BOOST_TEST(log->after().front().message.size() < 2 * kfs::event_log::longest_message);
}

BOOST_AUTO_TEST_CASE(a_follower_gets_kept_events_and_then_new_ones_without_a_gap) {
  add(3);
  auto followed = follow(1);
  BOOST_REQUIRE(followed.has_value());
  BOOST_TEST(followed->so_far.size() == 2u);
  add(2);
  BOOST_TEST(heard == (std::vector<std::uint64_t>{4, 5}), boost::test_tools::per_element());
  followed.reset();
  add(1);
  BOOST_TEST(heard.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_number_that_no_event_has_reached_is_of_a_server_before_so_all_are_new) {
  add(2);
  BOOST_TEST(log->after(480).size() == 2u);
  const auto followed = follow(480);
  BOOST_TEST(followed->so_far.size() == 2u);
  add(1);
  BOOST_TEST(heard == std::vector<std::uint64_t>{3}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(more_followers_than_allowed_are_refused_until_one_leaves) {
  std::vector<kfs::event_log::followed> all;
  for (std::size_t i = 0; i < kfs::event_log::most_listeners; ++i) all.push_back(std::move(*follow(0)));
  BOOST_TEST(!follow(0).has_value());
  all.pop_back();
  BOOST_TEST(follow(0).has_value());
}

BOOST_AUTO_TEST_CASE(a_follower_is_told_once_of_the_close_and_gets_no_later_event) {
  auto followed = follow(0);
  log->close();
  log->close();
  add(1);
  BOOST_TEST(closed == 1);
  BOOST_TEST(heard.empty());
  BOOST_TEST(log->after().empty());
  BOOST_TEST(follow(0)->so_far.empty());
  BOOST_TEST(closed == 2);
}

BOOST_AUTO_TEST_CASE(a_subscription_may_outlive_the_log) {
  auto followed = follow(0);
  log.reset();
  followed.reset();
  BOOST_TEST(closed == 0);
}

BOOST_AUTO_TEST_CASE(events_of_several_threads_are_all_numbered) {
  std::vector<std::thread> threads;
  auto followed = follow(0);
  for (int i = 0; i < 4; ++i) threads.emplace_back([this] { add(100); });
  for (auto& thread : threads) thread.join();
  BOOST_REQUIRE(heard.size() == 400u);
  for (std::size_t i = 0; i < heard.size(); ++i) BOOST_TEST_REQUIRE(heard[i] == i + 1);
}

BOOST_AUTO_TEST_CASE(a_log_tells_how_its_consumer_is_now) {
  BOOST_TEST((log->described() == nullptr));
  const auto first = std::make_shared<const consumer_spec>();
  const auto second = std::make_shared<const consumer_spec>();
  log->describe(first);
  log->describe(second);
  BOOST_TEST((log->described() == second));
  log->close();
  BOOST_TEST((log->described() == second));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::event_log_test
