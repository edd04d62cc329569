// kill -9 at random moments while a million records are written.

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <random>

#include "tests/fault/consuming.hpp"
#include "tests/support/background.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::kill_at_random_test {

using namespace kfs::fault;
using namespace std::chrono_literals;

namespace {

using steady = std::chrono::steady_clock;

constexpr int kills = 20;
constexpr int records_a_kill = 50'000;
constexpr std::size_t width = 99;
/// A static member with the same id rejoins its group at once. Other members wait until the old session ends.
constexpr auto first_record_bound = 5s;

/// KFS_TEST_SEED in the environment repeats a run.
unsigned seed() {
  const char* given = std::getenv("KFS_TEST_SEED");
  return given == nullptr ? std::random_device{}() : static_cast<unsigned>(std::strtoul(given, nullptr, 10));
}

struct killed_at_random : consuming {
  killed_at_random() : consuming(width) {}

  [[nodiscard]] std::int64_t bytes() const { return bytes_of({out}); }

  [[nodiscard]] bool grows_beyond(std::int64_t limit, std::chrono::milliseconds within) const {
    return test::eventually(
        within, [&] { return bytes() > limit; }, 1ms);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(kill_at_random, killed_at_random)

BOOST_AUTO_TEST_CASE(twenty_kills_at_random_moments_lose_and_duplicate_none_of_a_million_records) {
  const auto seeded = seed();
  say(fmt::format("KFS_TEST_SEED={}", seeded));
  std::mt19937 random{seeded};
  std::vector<double> first_record_ms;
  int amid = 0;  // kills while records were being written
  const std::vector<int> batch_sizes{100, 1'000, 10'000};
  create({{"batch", {{"max_messages", batch_sizes.front()}}}});
  for (int kill = 0; kill < kills; ++kill) {
    if (kill > 0 && kill % 7 == 0)
      change_consumer(
          {{"options", {{"batch", {{"max_messages", batch_sizes.at(static_cast<std::size_t>(kill / 7))}}}}}});
    // Produces some records before the start and the rest while the server reads and is killed.
    const auto before = std::uniform_int_distribution{1, records_a_kill / 2}(random);
    const auto grown = std::uniform_int_distribution<std::int64_t>{0, records_a_kill * 9 / 10}(random);
    flow.produce(before);
    const auto at_first = bytes();
    test::background producer([&] { flow.produce(records_a_kill - before); });
    BOOST_TEST_REQUIRE(grows_beyond(at_first + grown * static_cast<std::int64_t>(width + 1) / 2, patience));
    server.kill();
    producer.finish();
    flow.produce(partitions);  // so that there is always something to read
    const auto at_kill = bytes();
    amid += at_kill < flow.expected_bytes() - partitions * static_cast<std::int64_t>(width + 1) ? 1 : 0;
    start_server();
    const auto listening = steady::now();
    BOOST_TEST(grows_beyond(at_kill, first_record_bound), "after kill " << kill);
    first_record_ms.push_back(std::chrono::duration<double, std::milli>(steady::now() - listening).count());
  }
  std::ranges::sort(first_record_ms);
  say(
      fmt::format("{} kills, {} of them amid the flow; the first line came {:.0f} ms (median), {:.0f} ms (most) after "
                  "the server listened",
                  kills, amid, first_record_ms[first_record_ms.size() / 2], first_record_ms.back()));
  check_exact(fmt::format("{} kills", kills));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::kill_at_random_test
