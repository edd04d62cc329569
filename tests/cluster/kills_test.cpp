// One of three replicas is killed, or ended, under load: the others deliver in its place in time, and every record is
// in its file on the shared path and in PostgreSQL once. KFS_REPETITIONS says how often, with new replicas each time.

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <functional>
#include <future>
#include <iostream>

#include "tests/cluster/bounds.hpp"
#include "tests/cluster/load.hpp"
#include "tests/cluster/replicas.hpp"

namespace kfs::kills_test {

using namespace kfs::cluster_test;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

namespace {

int repetitions() {
  const char* text = std::getenv("KFS_REPETITIONS");
  return text == nullptr ? 1 : std::max(1, std::atoi(text));
}

/// Repeats a measurement, prints each and a summary, and checks that each is within its bound.
void repeat(const std::string& what, std::chrono::milliseconds promised,
            const std::function<clock::duration()>& measure) {
  std::vector<long> all;
  for (int number = 1; number <= repetitions(); ++number) {
    const auto took = measure();
    all.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
    std::cout << fmt::format("  {} of {}: {}: {} ms", number, repetitions(), what, all.back()) << std::endl;
    BOOST_TEST((took < bound_of(promised)));
  }
  std::ranges::sort(all);
  std::cout << fmt::format("  {}, {} times: {} to {} ms, median {} ms", what, all.size(), all.front(), all.back(),
                           all[all.size() / 2])
            << std::endl;
}

/// Sixty consumers on three replicas, all of which write to files and 24 also to tables: a server has at most 20
/// connections to a database (processors/database/connections.hpp). Up to 1,000 records a second become 5,000 in files
/// and 2,000 in tables.
struct sixty {
  replicas servers{3};
  load under{servers, 12, 5, 2, 20ms};

  sixty() {
    BOOST_TEST_REQUIRE(servers.becomes_shared(0, {20, 20, 20}));
    print("before, a record is everywhere after, at most", longest_of_ten("before"));
  }

  /// The longest time until one of ten records is everywhere, each after the other.
  clock::duration longest_of_ten(const std::string& mark) {
    clock::duration longest{};
    for (int i = 0; i < 10; ++i) {
      const auto took = under.each_gets(fmt::format("{} {}", mark, i), patience);
      BOOST_TEST_REQUIRE(took.has_value());
      longest = std::max(longest, *took);
    }
    return longest;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(kills)

BOOST_AUTO_TEST_CASE(consumers_of_a_killed_replica_deliver_again_within_5_s) {
  repeat("60 consumers, one of three replicas killed, all deliver again", 5s, [] {
    sixty all;
    const auto killed = clock::now();
    all.servers.kill(2);
    BOOST_TEST_REQUIRE(all.under.each_gets("after the kill", patience).has_value());
    const auto took = clock::now() - killed;
    BOOST_TEST(all.servers.becomes_shared(0, {30, 30}));
    BOOST_TEST(all.servers.cluster(0).at("replicas").at(2).at("state") == "LOST");
    all.longest_of_ten("after");
    all.under.check_exact();
    return took;
  });
}

BOOST_AUTO_TEST_CASE(a_replica_that_ends_hands_its_consumers_over_at_once) {
  repeat("60 consumers, one of three replicas ends, longest wait of a record", 1s, [] {
    sixty all;
    clock::duration longest{};
    auto ending = std::async(std::launch::async, [&] { return all.servers.process(2).stop(); });
    bool has_ended = false;
    for (int i = 0; !has_ended; ++i) {
      has_ended = ending.wait_for(0s) == std::future_status::ready;  // and one more
      const auto took = all.under.each_gets("while it ends " + std::to_string(i), patience);
      BOOST_TEST_REQUIRE(took.has_value());
      longest = std::max(longest, *took);
    }
    BOOST_TEST(ending.get() == 0);
    BOOST_TEST(all.servers.becomes_shared(0, {30, 30}));
    longest = std::max(longest, all.longest_of_ten("after"));
    all.under.check_exact();
    return longest;
  });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::kills_test
