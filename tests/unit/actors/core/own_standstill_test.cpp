#include "actors/core/own_standstill.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::own_standstill_test {

using namespace std::chrono_literals;

namespace {

struct watcher {
  kfs::own_standstill standstill{5s};
  const own_standstill::clock::time_point start{1h};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(own_standstill, watcher)

BOOST_AUTO_TEST_CASE(a_watcher_that_ticks_in_time_has_watched_all_the_time) {
  for (auto at = start; at <= start + 20s; at += 5s) standstill.ticked(at);
  BOOST_TEST((standstill.watched(start, start + 20s) == 20s));
}

BOOST_AUTO_TEST_CASE(time_in_which_the_watcher_did_not_run_does_not_count) {
  standstill.ticked(start);
  standstill.ticked(start + 60s);
  BOOST_TEST((standstill.watched(start, start + 60s) == 0s));
  standstill.ticked(start + 63s);
  BOOST_TEST((standstill.watched(start, start + 63s) == 3s));
  BOOST_TEST((standstill.watched(start + 62s, start + 63s) == 1s));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::own_standstill_test
