#include "actors/core/lag/judgement.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>

namespace kfs::lag_judgement_test {

using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

namespace {

const clock_type::time_point start{1h};
const timestamp wall_start{std::chrono::milliseconds(1'700'000'000'000)};

lag_context at(std::chrono::milliseconds since, group_members members = group_members::some) {
  return {.wall_clock = wall_start + since, .at = start + since, .allowed = {}, .members = members, .hold = {}};
}

partition_facts facts(std::optional<std::int64_t> committed, std::int64_t log_start, std::int64_t log_end) {
  partition_facts told;
  told.log_start = offset{log_start};
  told.log_end = told.stable_end = offset{log_end};
  if (committed) told.committed = offset{*committed};
  return told;
}

lag_sample sample(std::chrono::milliseconds since, std::int64_t done, std::int64_t end) {
  return {.at = start + since, .done = done, .stable_end = end, .log_end = end};
}

lag_window window(const std::vector<lag_sample>& samples) {
  lag_window made;
  for (const auto& each : samples) made.add(each, 60s);
  return made;
}

const topic_facts topic{.topic = "t", .retention = {}, .partitions = {}};

lag_judgement judged_at(std::chrono::milliseconds since, const partition_facts& told, const lag_window& seen = {},
                        group_members members = group_members::some) {
  return judged(topic, told, seen, at(since, members));
}

std::string text(const lag_judgement& one) {
  return std::string(to_string(one.verdict)) + (one.reason ? " " + std::string(to_string(*one.reason)) : "");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lag_judgement)

BOOST_AUTO_TEST_CASE(a_group_at_rest_with_lag_0_is_ok_however_long) {
  const auto at_rest = facts(10, 0, 10);
  for (const auto members : {group_members::none, group_members::some, group_members::unknown}) {
    const auto one = judged_at(24h, at_rest, window({sample(0s, 10, 10)}), members);
    BOOST_TEST(text(one) == "OK");
    BOOST_TEST(*one.lag == 0);
    BOOST_TEST(*one.lag_seconds == 0.0);
    BOOST_TEST(*one.catch_up_seconds == 0.0);
  }
}

BOOST_AUTO_TEST_CASE(records_without_a_member_are_stopped) {
  BOOST_TEST(text(judged_at(0s, facts(3, 0, 10), {}, group_members::none)) == "STOPPED no_member");
}

BOOST_AUTO_TEST_CASE(commits_that_stand_still_over_the_window_are_stalled) {
  const auto seen = window({sample(0s, 3, 8), sample(30s, 3, 9)});
  BOOST_TEST(text(judged_at(59s, facts(3, 0, 10), seen)) == "UNKNOWN not_watched");
  BOOST_TEST(text(judged_at(60s, facts(3, 0, 10), seen)) == "STALLED behind");
  auto context = at(60s);
  context.hold = lag_reason::sink_failing;
  BOOST_TEST(text(judged(topic, facts(3, 0, 10), seen, context)) == "STALLED sink_failing");
}

BOOST_AUTO_TEST_CASE(a_record_that_came_within_the_window_stalls_nothing) {
  auto told = facts(10, 0, 11);
  told.oldest = wall_start + 59s;
  BOOST_TEST(text(judged_at(60s, told, window({sample(0s, 10, 10), sample(30s, 10, 10)}))) == "OK");
  // The mark of a transaction waited before.
  BOOST_TEST(text(judged_at(60s, told, window({sample(0s, 10, 11), sample(30s, 10, 11)}))) == "OK");
}

BOOST_AUTO_TEST_CASE(lag_that_grows_over_the_whole_window_is_a_warning_beyond_the_allowance) {
  const auto grown = [](std::int64_t by) {
    std::vector<lag_sample> samples;
    for (int i = 0; i <= 12; ++i) samples.push_back(sample(i * 5s, i, i + by * i));
    return window(samples);
  };
  auto told = facts(12, 0, 12 + 12 * 2'000);
  told.oldest = wall_start + 50s;
  BOOST_TEST(text(judged_at(60s, told, grown(2'000))) == "WARNING behind");
  told = facts(12, 0, 12 + 12 * 5);
  told.oldest = wall_start + 50s;
  BOOST_TEST(text(judged_at(60s, told, grown(5))) == "OK");  // few records, and they wait 10 s
  told.oldest = wall_start + 10s;
  BOOST_TEST(text(judged_at(60s, told, grown(5))) == "WARNING behind");
}

BOOST_AUTO_TEST_CASE(what_is_not_watched_for_long_enough_is_unknown_unless_the_oldest_record_is_young) {
  auto told = facts(3, 0, 10);
  BOOST_TEST(text(judged_at(0s, told)) == "UNKNOWN not_watched");
  told.oldest = wall_start - 10s;
  BOOST_TEST(text(judged_at(0s, told)) == "OK");
  told.oldest = wall_start - 70s;
  BOOST_TEST(text(judged_at(0s, told)) == "UNKNOWN not_watched");
  BOOST_TEST(text(judged_at(20s, told, window({sample(0s, 1, 10)}))) == "OK");  // it moves
  told.oldest = std::nullopt;
  BOOST_TEST(text(judged_at(20s, told, window({sample(0s, 1, 10)}))) == "OK record_unread");
}

BOOST_AUTO_TEST_CASE(a_group_that_never_committed_has_the_lag_that_its_beginning_implies) {
  auto context = at(0s, group_members::none);
  const auto foreign = judged(topic, facts({}, 2, 10), {}, context);
  BOOST_TEST(!foreign.lag);
  BOOST_TEST(!foreign.lag_seconds);
  BOOST_TEST(text(foreign) == "UNKNOWN no_commit");
  BOOST_TEST(text(judged(topic, facts({}, 2, 2), {}, context)) == "OK no_commit");

  context.begins = beginning::log_start;
  const auto earliest = judged(topic, facts({}, 2, 10), {}, context);
  BOOST_TEST(*earliest.lag == 8);
  BOOST_TEST(text(earliest) == "STOPPED no_commit");
  context.begins = beginning::log_end;
  const auto latest = judged(topic, facts({}, 2, 10), {}, context);
  BOOST_TEST(*latest.lag == 0);
  BOOST_TEST(text(latest) == "OK no_commit");
  auto begun = facts({}, 2, 10);
  begun.begun = offset{7};
  BOOST_TEST(*judged(topic, begun, {}, context).lag == 3);
}

BOOST_AUTO_TEST_CASE(lag_counts_from_the_start_of_the_log_where_records_have_expired) {
  const auto one = judged_at(0s, facts(3, 6, 10));
  BOOST_TEST(*one.lag == 4);
  BOOST_TEST((*one.reason == lag_reason::records_expired));
  BOOST_TEST((one.verdict >= lag_verdict::warning));
  BOOST_TEST(text(judged_at(0s, facts(3, 6, 6))) == "OK records_expired");
}

BOOST_AUTO_TEST_CASE(a_committed_offset_beyond_the_end_has_no_lag_and_is_named) {
  const auto one = judged_at(0s, facts(100, 0, 10));
  BOOST_TEST(*one.lag == 0);
  BOOST_TEST(text(one) == "WARNING committed_beyond_end");
}

BOOST_AUTO_TEST_CASE(a_transaction_is_a_warning_once_it_is_open_for_the_whole_window) {
  auto told = facts(5, 0, 10);
  told.stable_end = offset{5};
  BOOST_TEST(text(judged_at(0s, told)) == "OK open_transaction");
  told.open_since = told.oldest = wall_start - 61s;
  BOOST_TEST(text(judged_at(0s, told)) == "WARNING open_transaction");
  BOOST_TEST(*judged_at(0s, told).lag_seconds == 61.0);
  // Another one was open a minute ago.
  lag_window seen;
  seen.add({.at = start - 60s, .done = 1, .stable_end = 1, .log_end = 3}, 60s);
  BOOST_TEST(text(judged_at(0s, told, seen)) == "OK open_transaction");
  told.open_since = wall_start - 1s;
  seen = {};
  seen.add({.at = start - 60s, .done = 5, .stable_end = 5, .log_end = 9}, 60s);
  BOOST_TEST(text(judged_at(0s, told, seen)) == "WARNING open_transaction");
}

BOOST_AUTO_TEST_CASE(marks_of_transactions_alone_are_no_work) {
  auto told = facts(9, 0, 10);
  told.nothing_left = true;
  const auto one = judged_at(90s, told, window({sample(0s, 9, 10)}), group_members::none);
  BOOST_TEST(text(one) == "OK");
  BOOST_TEST(*one.lag == 1);
  BOOST_TEST(*one.lag_seconds == 0.0);
}

BOOST_AUTO_TEST_CASE(a_record_with_a_tenth_of_its_time_left_is_near_retention) {
  topic_facts kept{.topic = "t", .retention = 100s, .partitions = {}};
  auto told = facts(5, 0, 10);
  told.oldest = wall_start - 89s;
  BOOST_TEST(text(judged(kept, told, {}, at(0s, group_members::none))) == "STOPPED no_member");
  told.oldest = wall_start - 90s;
  BOOST_TEST(text(judged(kept, told, {}, at(0s, group_members::none))) == "STOPPED near_retention");
  const auto moving = window({sample(-30s, 4, 10)});
  BOOST_TEST(text(judged(kept, told, moving, at(0s))) == "WARNING near_retention");
  topic_facts limited{.topic = "t", .retention = {}, .size_limited = true, .partitions = {}};
  BOOST_TEST((*judged(limited, facts(103, 100, 200), {}, at(0s)).reason == lag_reason::near_retention));
  BOOST_TEST((*judged(limited, facts(103, 0, 200), {}, at(0s)).reason != lag_reason::near_retention));
  BOOST_TEST((*judged(limited, facts(120, 100, 200), {}, at(0s)).reason != lag_reason::near_retention));
}

BOOST_AUTO_TEST_CASE(catching_up_takes_lag_divided_by_the_net_rate_of_the_last_minute) {
  const auto seen = window({sample(0s, 0, 600), sample(30s, 300, 700)});
  BOOST_TEST(*judged_at(60s, facts(700, 0, 1'000), seen).catch_up_seconds == 60.0);  // 300 of 600 in 60 s
  BOOST_TEST(!judged_at(60s, facts(700, 0, 1'400), seen).catch_up_seconds);          // it grows
  BOOST_TEST(!judged_at(0s, facts(0, 0, 600)).catch_up_seconds);
}

BOOST_AUTO_TEST_CASE(a_topic_or_offset_that_is_not_known_is_said) {
  topic_facts gone{.topic = "t", .exists = false, .retention = {}, .partitions = {}};
  partition_facts told;
  told.committed = offset{3};
  BOOST_TEST(text(judged(gone, told, {}, at(0s))) == "UNKNOWN topic_missing");
  BOOST_TEST(text(judged(topic, told, {}, at(0s))) == "UNKNOWN broker");
}

BOOST_AUTO_TEST_CASE(the_worst_verdict_wins_and_what_is_unknown_stays_unknown) {
  const auto part = [](lag_verdict verdict, std::optional<lag_reason> reason) {
    return kfs::lag_judgement{
        .lag = 2, .lag_seconds = 1.5, .verdict = verdict, .reason = reason, .catch_up_seconds = 3};
  };
  using enum lag_verdict;
  const std::vector<lag_verdict> ranked{ok, warning, unknown, stopped, stalled};
  for (std::size_t a = 0; a < ranked.size(); ++a) {
    for (std::size_t b = 0; b < ranked.size(); ++b) {
      const auto whole = worst_of({part(ranked[a], lag_reason::behind), part(ranked[b], lag_reason::broker)});
      BOOST_TEST((whole.verdict == ranked[std::max(a, b)]));
      BOOST_TEST((*whole.reason == (b > a ? lag_reason::broker : lag_reason::behind)));
      BOOST_TEST(*whole.lag == 4);
      BOOST_TEST(*whole.lag_seconds == 1.5);
    }
  }
  const auto partly = worst_of({part(ok, {}), {.lag = {}, .lag_seconds = {}, .reason = {}, .catch_up_seconds = {}}});
  BOOST_TEST(!partly.lag);
  BOOST_TEST(!partly.lag_seconds);
  BOOST_TEST(text(worst_of({})) == "OK");
}

BOOST_AUTO_TEST_CASE(numbers_are_never_negative_or_not_a_number_for_any_combination_of_facts) {
  const std::vector<std::optional<std::int64_t>> offsets{std::nullopt, 0, 5, 9, 12};
  for (const auto& committed : offsets)
    for (const auto& log_start : offsets)
      for (const auto& log_end : offsets)
        for (const auto& stable : offsets)
          for (const auto age : {-100s, 0s, 100s})
            for (const auto members : {group_members::none, group_members::some, group_members::unknown})
              for (const auto begins : {beginning::unknown, beginning::log_start, beginning::log_end}) {
                const auto as_offset = [](const auto& n) { return n ? std::optional(offset{*n}) : std::nullopt; };
                partition_facts told;
                told.committed = as_offset(committed);
                told.log_start = as_offset(log_start);
                told.log_end = as_offset(log_end);
                told.stable_end = as_offset(stable);
                told.oldest = wall_start + age;
                auto context = at(0s, members);
                context.begins = begins;
                const auto seen = window({sample(-70s, 0, 12), sample(-30s, 3, 12)});
                const auto one = judged({.topic = "t", .retention = 50s, .size_limited = true, .partitions = {}}, told,
                                        seen, context);
                BOOST_REQUIRE((!one.lag || *one.lag >= 0));
                for (const auto& number : {one.lag_seconds, one.catch_up_seconds})
                  BOOST_REQUIRE((!number || (std::isfinite(*number) && *number >= 0)));
                BOOST_REQUIRE((one.lag || one.reason));
                BOOST_REQUIRE((one.verdict == lag_verdict::ok || one.reason));
              }
}

// A day of one consumer, asked every 10 s ----------------------------------------------------------------------------

namespace {

/// A consumer whose records arrive and are processed at given rates. It commits every 5 s.
class scripted_day {
 public:
  struct phase {
    std::chrono::seconds length;
    double arriving = 0;    ///< records a second
    double processing = 0;  ///< records a second at most
    group_members members = group_members::some;
  };

  /// Counts the verdicts of a phase.
  std::map<std::string, int> live(const phase& now) {
    std::map<std::string, int> verdicts;
    for (auto end = at_ + now.length; at_ < end; at_ += 1s) {
      pass_a_second(now);
      if (at_.count() % 5 == 0) committed_ = processed_;
      if (at_.count() % 10 == 0) ++verdicts[text(judge(now))];
    }
    return verdicts;
  }

 private:
  void pass_a_second(const phase& now) {
    arrived_ += now.arriving;
    for (; made_ < static_cast<std::int64_t>(arrived_); ++made_) times_.push_back(wall_start + at_);
    can_process_ = std::min(can_process_ + now.processing, now.processing + 1);
    while (can_process_ >= 1 && processed_ < made_) {
      ++processed_;
      can_process_ -= 1;
    }
  }

  kfs::lag_judgement judge(const phase& now) {
    auto told = facts(committed_, 0, made_);
    if (committed_ < made_) told.oldest = times_[static_cast<std::size_t>(committed_)];
    const auto context = at(at_, now.members);
    const auto one = judged(topic, told, seen_, context);
    seen_.add(*sample_of(told, beginning::unknown, context.at), 60s);
    return one;
  }

  std::chrono::seconds at_{0};
  double arrived_ = 0;
  double can_process_ = 0;
  std::int64_t made_ = 0;
  std::int64_t processed_ = 0;
  std::int64_t committed_ = 0;
  std::vector<timestamp> times_;
  lag_window seen_;
};

using counts = std::map<std::string, int>;

}  // namespace

BOOST_AUTO_TEST_CASE(a_scripted_day_raises_no_false_alarm_and_misses_nothing) {
  scripted_day day;
  BOOST_TEST((day.live({.length = 2h, .arriving = 20, .processing = 100}) == counts{{"OK", 720}}));    // flows
  BOOST_TEST((day.live({.length = 3h}) == counts{{"OK", 1'080}}));                                     // rests
  BOOST_TEST((day.live({.length = 2h, .arriving = 0.01, .processing = 100}) == counts{{"OK", 720}}));  // a few records
  BOOST_TEST((day.live({.length = 1h, .arriving = 0, .processing = 100}) == counts{{"OK", 360}}));
  // slows: half of what arrives is processed
  auto slow = day.live({.length = 10min, .arriving = 20, .processing = 10});
  BOOST_TEST(slow["WARNING behind"] >= 50);
  BOOST_TEST(slow["OK"] <= 10);
  BOOST_TEST(slow.size() == 2u);
  // catches up: no warning any more
  auto fast = day.live({.length = 10min, .arriving = 20, .processing = 100});
  BOOST_TEST(fast["OK"] >= 57);
  BOOST_TEST(fast.size() <= 2u);
  // stalls
  auto stalled = day.live({.length = 10min, .arriving = 20, .processing = 0});
  BOOST_TEST(stalled["STALLED behind"] >= 50);
  BOOST_TEST(stalled["STOPPED no_member"] == 0);
  // dies
  auto dead = day.live({.length = 10min, .arriving = 20, .processing = 0, .members = group_members::none});
  BOOST_TEST((dead == counts{{"STOPPED no_member", 60}}));
  // comes back
  auto back = day.live({.length = 30min, .arriving = 20, .processing = 200});
  BOOST_TEST(back["OK"] >= 175);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::lag_judgement_test
