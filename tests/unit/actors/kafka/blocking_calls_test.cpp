#include "actors/kafka/blocking_calls.hpp"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <latch>
#include <thread>

#include "actors/kafka/departures.hpp"

namespace kfs::blocking_calls_test {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(blocking_calls)

BOOST_AUTO_TEST_CASE(all_calls_are_made_and_no_more_at_the_same_time_than_there_are_threads) {
  departures threads;
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
  std::latch made{20};
  class blocking_calls calls(threads, 2, 100);
  for (int i = 0; i < 20; ++i) {
    BOOST_TEST(calls.make([&] {
      const int running = ++now;
      for (int known = most; known < running && !most.compare_exchange_weak(known, running);) {
      }
      std::this_thread::yield();
      --now;
      made.count_down();
    }));
  }
  made.wait();
  BOOST_TEST(most <= 2);
}

BOOST_AUTO_TEST_CASE(a_call_beyond_the_limit_is_rejected_at_once_and_never_made) {
  departures threads;
  std::latch begun{1};
  std::latch go_on{1};
  std::atomic<int> made = 0;
  class blocking_calls calls(threads, 1, 2);
  BOOST_TEST(calls.make([&] {
    begun.count_down();
    go_on.wait();
  }));
  begun.wait();
  BOOST_TEST(calls.make([&] { ++made; }));
  BOOST_TEST(calls.make([&] { ++made; }));
  BOOST_TEST(!calls.make([&] { ++made; }));
  go_on.count_down();
  while (threads.under_way() > 0) std::this_thread::yield();
  BOOST_TEST(made == 2);
  BOOST_TEST(calls.make([&] { ++made; }));
  while (threads.under_way() > 0) std::this_thread::yield();
  BOOST_TEST(made == 3);
}

BOOST_AUTO_TEST_CASE(at_the_end_running_calls_are_waited_for_and_waiting_calls_are_dropped) {
  departures threads;
  std::latch begun{1};
  std::latch go_on{1};
  auto kept = std::make_shared<int>(0);
  {
    class blocking_calls calls(threads, 1, 2);
    BOOST_TEST(calls.make([&] {
      begun.count_down();
      go_on.wait();
    }));
    begun.wait();
    BOOST_TEST(calls.make([kept] { ++*kept; }));
  }
  BOOST_TEST(!threads.wait_for(0ms));
  go_on.count_down();
  BOOST_TEST(threads.wait_for(30s));
  BOOST_TEST(kept.use_count() == 1);
  BOOST_TEST(*kept == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::blocking_calls_test
