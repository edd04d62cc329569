#include "actors/core/history/consumer_history.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::consumer_history_test {

using namespace std::chrono_literals;

namespace {

const std::chrono::steady_clock::time_point start{10h};
const timestamp wall_start{1'700'000'000'000ms};  // a step begins here

consumer_view view_of(const std::string& id, std::int64_t done, std::int64_t end) {
  auto spec = std::make_shared<consumer_spec>();
  spec->id = consumer_id{id};
  spec->created_at = wall_start;
  consumer_view made;
  made.spec = std::move(spec);
  made.status = consumer_status::active;
  made.partitions = {
      {.partition = 0, .position = {}, .committed = offset{done}, .log_end = offset{end}, .start = {}, .instance = 0}};
  return made;
}

struct watched {
  kfs::consumer_history history;
  kfs::consumer_history::allowance allowed;

  void look(std::chrono::milliseconds since, const consumer_view& view) {
    history.look(view, wall_start + since, start + since, allowed);
  }
  [[nodiscard]] history_steps at(std::chrono::milliseconds since) const { return history.steps(wall_start + since); }
};

fault_report fault(ec code, std::int64_t attempts) {
  fault_report made;
  made.code = code;
  made.attempts = attempts;
  return made;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(consumer_history, watched)

BOOST_AUTO_TEST_CASE(steps_tell_what_was_done_in_them_and_an_open_one_is_not_told) {
  look(0s, view_of("a", 0, 0));
  look(5s, view_of("a", 0, 100));
  look(10s, view_of("a", 60, 100));
  BOOST_TEST(at(15s).size() == 1U);
  look(15s, view_of("a", 90, 100));
  look(20s, view_of("a", 100, 100));
  const auto steps = at(29s);
  BOOST_TEST_REQUIRE(steps.size() == 2U);
  BOOST_TEST((steps[0].at == wall_start));
  BOOST_TEST((steps[1].at == wall_start + 10s));
  BOOST_TEST(!steps[0].records.has_value());  // what was before the first look is not known
  BOOST_TEST(steps[1].records.value() == 90);
  BOOST_TEST(steps[0].lag.value() == 100);
  BOOST_TEST(steps[1].lag.value() == 10);
  BOOST_TEST(steps[1].lag_seconds.value() > 9);
  BOOST_TEST(steps[1].lag_seconds.value() <= 15);
  const auto later = at(30s);
  BOOST_TEST(later.size() == 3U);
  BOOST_TEST(later[2].records.value() == 10);
  BOOST_TEST(later[2].lag_seconds.value() == 0);
}

BOOST_AUTO_TEST_CASE(the_steps_of_the_last_hour_are_kept) {
  for (auto since = 0s; since < 3h; since += 5s) look(since, view_of("a", since.count() * 10, since.count() * 10));
  const auto steps = at(3h);
  BOOST_TEST(steps.size() == 360U);
  BOOST_TEST((steps.front().at == wall_start + 2h));
  for (const auto& step : steps) BOOST_TEST(step.records.value() == 100);
}

BOOST_AUTO_TEST_CASE(after_a_gap_nothing_is_counted_that_may_have_happened_in_it) {
  look(0s, view_of("a", 0, 0));
  look(10s, view_of("a", 10, 10));
  look(300s, view_of("a", 1'000, 1'000));
  look(310s, view_of("a", 1'005, 1'005));
  look(320s, view_of("a", 1'005, 1'005));
  const auto steps = at(330s);
  BOOST_TEST_REQUIRE(steps.size() == 5U);
  BOOST_TEST((steps[2].at == wall_start + 300s));
  BOOST_TEST(!steps[2].records.has_value());
  BOOST_TEST(steps[3].records.value() == 5);
}

BOOST_AUTO_TEST_CASE(a_replay_counts_nothing_and_what_is_read_again_counts) {
  look(0s, view_of("a", 100, 100));
  look(10s, view_of("a", 0, 100));
  look(20s, view_of("a", 100, 100));
  const auto steps = at(30s);
  BOOST_TEST(steps[1].records.value() == 0);
  BOOST_TEST(steps[1].lag.value() == 100);
  BOOST_TEST(steps[2].records.value() == 100);
}

BOOST_AUTO_TEST_CASE(failed_attempts_are_counted_once_and_a_new_fault_counts) {
  const auto with = [](std::optional<fault_report> seen) {
    auto view = view_of("a", 0, 0);
    view.status = seen ? consumer_status::error : consumer_status::active;
    view.last_error = std::move(seen);
    return view;
  };
  look(0s, with({}));
  look(5s, with(fault(ec::sink_unavailable, 1)));
  look(10s, with(fault(ec::sink_unavailable, 4)));
  look(15s, with(fault(ec::sink_unavailable, 4)));
  look(20s, with({}));
  look(30s, with(fault(ec::sink_unavailable, 2)));
  look(35s, with(fault(ec::broker_unreachable, 0)));
  const auto steps = at(40s);
  BOOST_TEST_REQUIRE(steps.size() == 4U);
  BOOST_TEST(steps[0].errors == 1);
  BOOST_TEST(steps[1].errors == 3);
  BOOST_TEST(steps[2].errors == 0);
  BOOST_TEST(steps[3].errors == 3);
  BOOST_TEST((steps[1].status == consumer_status::error));
  BOOST_TEST((steps[2].status == consumer_status::active));
}

BOOST_AUTO_TEST_CASE(lag_is_unknown_where_it_is_unknown_of_one_partition) {
  auto view = view_of("a", 5, 10);
  view.partitions.push_back(
      {.partition = 1, .position = {}, .committed = {}, .log_end = offset{10}, .start = {}, .instance = 0});
  look(0s, view);
  auto stopped = view_of("a", 5, 10);
  stopped.partitions.clear();
  look(10s, stopped);
  const auto steps = at(20s);
  BOOST_TEST(!steps[0].lag.has_value());
  BOOST_TEST(!steps[0].lag_seconds.has_value());
  BOOST_TEST(!steps[1].lag.has_value());
  BOOST_TEST(steps[1].records.value() == 0);
}

BOOST_AUTO_TEST_CASE(another_consumer_under_the_same_id_begins_anew) {
  look(0s, view_of("a", 10, 10));
  look(10s, view_of("a", 20, 20));
  auto next = view_of("a", 30, 30);
  auto spec = std::make_shared<consumer_spec>(*next.spec);
  spec->created_at += 1s;
  next.spec = spec;
  look(20s, next);
  const auto steps = at(30s);
  BOOST_TEST_REQUIRE(steps.size() == 1U);
  BOOST_TEST(!steps[0].records.has_value());
}

BOOST_AUTO_TEST_CASE(a_clock_that_is_set_back_loses_nothing) {
  look(0s, view_of("a", 0, 0));
  look(10s, view_of("a", 10, 10));
  history.look(view_of("a", 20, 20), wall_start - 1h, start + 15s, allowed);
  look(20s, view_of("a", 20, 20));
  BOOST_TEST(at(20s)[1].records.value() == 20);
}

BOOST_AUTO_TEST_CASE(many_consumers_share_the_bound_and_deleted_ones_are_forgotten) {
  kfs::consumer_histories histories;
  std::vector<consumer_view_ptr> all;
  for (int i = 0; i < 3'600; ++i)
    all.push_back(std::make_shared<const consumer_view>(view_of(std::to_string(i), 0, 0)));
  for (auto since = 0s; since < 1'500s; since += 10s) histories.look(all, wall_start + since, start + since);
  const consumer_id first{"0"};
  const consumer_id last{"3599"};
  BOOST_TEST(histories.of(first, wall_start, wall_start + 1'500s).size() <= 101U);
  BOOST_TEST(histories.of(first, wall_start, wall_start + 1'500s).size() >= 100U);
  BOOST_TEST(histories.of(first, wall_start + 1s, wall_start + 1'500s).empty());  // another consumer of that id
  all.pop_back();
  histories.look(all, wall_start + 1'500s, start + 1'500s);
  BOOST_TEST(histories.of(last, wall_start, wall_start + 1'510s).empty());
  BOOST_TEST(!histories.of(first, wall_start, wall_start + 1'510s).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::consumer_history_test
