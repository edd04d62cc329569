#include "actors/core/lag/windows.hpp"

#include <boost/test/unit_test.hpp>

#include "actors/core/lag/record_times.hpp"

namespace kfs::lag_windows_test {

using namespace std::chrono_literals;

namespace {

const std::chrono::steady_clock::time_point start{1h};

lag_sample sample(std::chrono::milliseconds since, std::int64_t done, std::int64_t end) {
  return {.at = start + since, .done = done, .stable_end = end, .log_end = end};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lag_windows)

BOOST_AUTO_TEST_CASE(a_window_covers_its_span_with_a_bounded_number_of_samples_at_any_pace) {
  for (const auto pace : {1ms, 100ms, 1'000ms, 5'000ms, 13'000ms, 59'000ms, 200'000ms}) {
    lag_window window;
    for (int i = 0; i < 2'000; ++i) {
      window.add(sample(i * pace, i, i), 60s);
      const auto& samples = window.samples();
      BOOST_REQUIRE(samples.size() <= lag_window::most_samples);
      BOOST_REQUIRE(samples.back().done == i);
      const bool long_enough = i * pace >= 60s;
      BOOST_REQUIRE((!long_enough || samples.back().at - samples.front().at >= 60s));
    }
  }
}

BOOST_AUTO_TEST_CASE(an_offset_that_goes_back_begins_a_new_history_unless_the_sample_is_late) {
  lag_window window;
  window.add(sample(0s, 10, 20), 60s);
  window.add(sample(10s, 12, 20), 60s);
  window.add(sample(11s, 11, 20), 60s);  // observed before the last one
  BOOST_TEST(window.samples().size() == 2u);
  window.add(sample(30s, 2, 20), 60s);
  BOOST_TEST(window.samples().size() == 1u);
  window.add(sample(60s, 2, 5), 60s);  // the topic was made again
  BOOST_TEST(window.samples().size() == 1u);
}

BOOST_AUTO_TEST_CASE(the_groups_used_longest_ago_are_forgotten_first) {
  kfs::lag_windows windows(10);
  for (int i = 0; i < 4; ++i)
    for (int partition = 0; partition < 4; ++partition)
      windows.add("group " + std::to_string(i), {"t", partition}, sample(1s, 1, 1), 60s);
  BOOST_TEST(windows.partitions() <= 10u);
  BOOST_TEST(windows.window("group 0", {"t", 0}).samples().empty());
  BOOST_TEST(!windows.window("group 3", {"t", 3}).samples().empty());
  for (int partition = 0; partition < 40; ++partition) windows.add("large", {"t", partition}, sample(1s, 1, 1), 60s);
  BOOST_TEST(windows.partitions() == 10u);
  windows.forget("large");
  BOOST_TEST(windows.partitions() == 0u);
}

BOOST_AUTO_TEST_CASE(times_of_records_are_remembered_within_a_bound_until_the_log_shrinks_or_ten_minutes_pass) {
  record_times times(2);
  const timestamp time{std::chrono::milliseconds(7)};
  const log_place first{"c", "t", 0, 5};
  times.keep(first, time, 10, start);
  BOOST_TEST((times.find(first, 12, start + 1s) == time));
  BOOST_TEST((!times.find({"c", "t", 0, 6}, 12, start)));
  BOOST_TEST((!times.find(first, 11, start + 2s)));  // it ended at 12: the topic was made again
  times.keep(first, time, 10, start);
  BOOST_TEST((!times.find(first, 10, start + record_times::longest_kept)));
  for (int i = 0; i < 5; ++i) times.keep({"c", "t", i, 0}, time, 1, start);
  BOOST_TEST(times.size() == 2u);
  BOOST_TEST((times.find({"c", "t", 4, 0}, 1, start) == time));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::lag_windows_test
