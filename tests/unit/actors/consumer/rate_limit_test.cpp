// How fast a consumer reads at most.

#include "actors/consumer/core/rate_limit.hpp"

#include <boost/test/unit_test.hpp>
#include <random>

namespace kfs::rate_limit_test {

using namespace std::chrono_literals;
using clock = kfs::rate_limit::clock;

namespace {

/// A reader that finds as many records as it may take, and comes up to `late` later than it was told to.
struct reader {
  kfs::rate_limit limit;
  std::int64_t record_bytes;
  std::mt19937_64& chance;
  std::chrono::milliseconds late{20};
  clock::time_point at{1h};
  std::vector<std::pair<clock::time_point, std::int64_t>> taken = {};  ///< records, by time

  void read_until(clock::time_point end) {
    while (at < end) {
      while (limit.open(at)) {
        const auto allowed = limit.within({.max_messages = 10'000, .max_bytes = 4'000'000});
        BOOST_TEST_REQUIRE(allowed.max_messages >= 1);
        const auto fitting = std::max<std::int64_t>(1, (allowed.max_bytes + record_bytes - 1) / record_bytes);
        const auto count = std::min(allowed.max_messages, fitting);
        limit.took(static_cast<std::size_t>(count), static_cast<std::size_t>(count * record_bytes));
        taken.emplace_back(at, count);
      }
      const auto wait = limit.wait(at);
      BOOST_TEST_REQUIRE(wait.count() > 0);
      at += wait + std::chrono::microseconds(chance() % (late.count() * 1'000 + 1));
    }
  }

  [[nodiscard]] double records_within(clock::time_point from, clock::time_point end) const {
    double sum = 0;
    for (const auto& [when, count] : taken)
      if (when >= from && when < end) sum += static_cast<double>(count);
    return sum;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(rate_limit)

BOOST_AUTO_TEST_CASE(without_limits_everything_may_be_read_at_any_time) {
  kfs::rate_limit limit({}, 1);
  for (int again = 0; again < 3; ++again) {
    BOOST_TEST(limit.open(clock::time_point{1h}));
    BOOST_CHECK(
        (limit.within({.max_messages = 5, .max_bytes = 6}) == batch_options{.max_messages = 5, .max_bytes = 6}));
    limit.took(1'000'000'000, 1'000'000'000'000);
  }
  BOOST_TEST(limit.wait(clock::time_point{1h}).count() == 0);
}

BOOST_AUTO_TEST_CASE(every_ten_seconds_have_what_the_limit_says_within_a_twentieth) {
  std::mt19937_64 chance(20261130);
  for (int round = 0; round < 200; ++round) {
    const auto instances = static_cast<int>(1 + chance() % 4);
    const auto rate = static_cast<std::int64_t>(10 * instances + chance() % 200'000);
    const auto bytes = static_cast<std::int64_t>(1 + chance() % 2'000);
    const bool counts_bytes = chance() % 2 == 0;
    const rate_limits limits = counts_bytes ? rate_limits{std::nullopt, rate * bytes} : rate_limits{rate, std::nullopt};
    reader reading{kfs::rate_limit(limits, instances), bytes, chance};
    const auto begun = reading.at;
    reading.read_until(begun + 60s);
    const auto expected = 10.0 * static_cast<double>(rate) / instances;
    for (auto from = begun + 1s; from + 10s < reading.at; from += 1'700ms) {
      const auto read = reading.records_within(from, from + 10s);
      BOOST_TEST_REQUIRE(
          std::abs(read - expected) <= 0.05 * expected + 2,
          rate << "/" << instances << (counts_bytes ? " by bytes: " : ": ") << read << " in 10 s, not " << expected);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_few_records_a_second_are_as_many_although_each_is_read_late) {
  for (std::int64_t rate = 1; rate < 10; ++rate) {
    for (const int instances : {1, 2, 7}) {
      std::mt19937_64 chance(20261130);
      reader reading{kfs::rate_limit({rate, std::nullopt}, instances), 1, chance, 60ms};
      const auto begun = reading.at;
      reading.read_until(begun + 200s);
      const auto expected = 200.0 * static_cast<double>(rate) / instances;
      const auto read = reading.records_within(begun, begun + 200s);
      BOOST_TEST(std::abs(read - expected) <= 0.02 * expected + 2,
                 rate << "/" << instances << ": " << read << ", not " << expected);
    }
  }
}

BOOST_AUTO_TEST_CASE(nothing_is_made_up_for_after_a_pause) {
  std::mt19937_64 chance(20261130);
  reader reading{kfs::rate_limit({1'000, std::nullopt}, 1), 1, chance};
  reading.read_until(reading.at + 5s);
  reading.at += 10min;
  const auto again = reading.at;
  reading.read_until(again + 1s);
  BOOST_TEST(reading.records_within(again, again + 1s) <= 1'000 + 250 + 1);
}

BOOST_AUTO_TEST_CASE(a_record_above_the_limit_is_read_and_paid_for) {
  kfs::rate_limit limit({std::nullopt, 1'000}, 1);
  const clock::time_point at{1h};
  BOOST_TEST(limit.open(at));
  limit.took(1, 60'000);
  BOOST_TEST(!limit.open(at));
  BOOST_TEST((limit.wait(at) > 59s));
  BOOST_TEST((limit.wait(at) < 61s));
  BOOST_TEST(!limit.open(at + 59s));
  BOOST_TEST(limit.open(at + 61s));
}

BOOST_AUTO_TEST_CASE(both_limits_hold) {
  std::mt19937_64 chance(20261130);
  reader by_bytes{kfs::rate_limit({1'000, 5'000}, 1), 10, chance};
  const auto begun = by_bytes.at;
  by_bytes.read_until(begun + 20s);
  BOOST_TEST(by_bytes.records_within(begun, begun + 20s) <= 20 * 500 * 1.05);
  reader by_records{kfs::rate_limit({100, 5'000'000}, 1), 10, chance};
  by_records.read_until(begun + 20s);
  BOOST_TEST(by_records.records_within(begun, begun + 20s) <= 20 * 100 * 1.05);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::rate_limit_test
