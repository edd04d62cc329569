#include "cluster/core/placement/move_plan.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace kfs::move_plan_test {

namespace {

struct fixture {
  std::vector<placement_replica> replicas;
  std::vector<placement_instance> instances;
  std::vector<instance_move> running;
  move_limits limits;

  placement_replica& replica(const std::string& name, std::optional<std::size_t> capacity = std::nullopt) {
    return replicas.emplace_back(
        placement_replica{.replica = {name}, .state = replica_state::active, .capacity = capacity});
  }

  placement_instance& instance(const std::string& consumer, const std::string& owner = {}) {
    auto& made = instances.emplace_back(
        placement_instance{.instance = {{consumer}, 0}, .owner = {}, .together = {}, .pinned = {}});
    if (!owner.empty()) made.owner = replica_id{owner};
    return made;
  }

  [[nodiscard]] std::vector<instance_move> next() const {
    return next_moves(replicas, instances, place(replicas, instances), running, limits);
  }

  /// The moves that are chosen now, as text, begin.
  std::vector<std::string> begin() {
    std::vector<std::string> begun;
    for (const auto& chosen : next()) {
      std::string text;
      for (const auto& moved : chosen.instances) text += moved.consumer.value + ' ';
      begun.push_back(text + chosen.from.value + '>' + chosen.to.value);
      running.push_back(chosen);
    }
    return begun;
  }

  void end(const instance_move& ended) {
    for (auto& given : instances) {
      if (std::ranges::binary_search(ended.instances, given.instance)) given.owner = ended.to;
    }
    std::erase(running, ended);
  }

  [[nodiscard]] bool is_reached() const {
    return std::ranges::all_of(place(replicas, instances), [this](const placed_instance& placed) {
      return std::ranges::any_of(instances, [&](const placement_instance& given) {
        return given.instance == placed.instance && given.owner == placed.owner;
      });
    });
  }
};

using moves = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(move_plan, fixture)

BOOST_AUTO_TEST_CASE(a_newcomer_gets_one_instance_at_a_time) {
  replica("a");
  replica("b");
  for (const auto* name : {"1", "2", "3", "4"}) instance(name, "a");
  BOOST_TEST(begin() == moves{"3 a>b"}, boost::test_tools::per_element());
  BOOST_TEST(begin() == moves{}, boost::test_tools::per_element());
  end(running.front());
  BOOST_TEST(begin() == moves{"4 a>b"}, boost::test_tools::per_element());
  end(running.front());
  BOOST_TEST(begin() == moves{}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(moves_for_balance_are_limited_all_together) {
  limits.for_balance = 2;
  replica("a");
  for (int i = 0; i < 12; ++i) instance(std::to_string(i), "a");
  for (const auto* name : {"b", "c", "d"}) replica(name);
  BOOST_TEST(begin().size() == 2U);
  end(running.front());
  BOOST_TEST(begin().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_draining_replica_gives_many_at_a_time_and_first) {
  limits.from_draining = 2;
  replica("a").state = replica_state::draining;
  replica("b");
  replica("c");
  for (const auto* name : {"1", "2", "3"}) instance(name, "a");
  for (const auto* name : {"4", "5", "6", "7", "8"}) instance(name, "b");
  const auto begun = begin();
  BOOST_TEST(begun == (moves{"1 a>c", "2 a>c", "8 b>c"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_nobody_alive_runs_needs_no_move) {
  replica("a");
  replica("b").state = replica_state::lost;
  instance("1", "b");
  instance("2", "gone");
  instance("3");
  BOOST_TEST(begin() == moves{}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(instances_that_share_a_file_are_one_move) {
  replica("a").state = replica_state::draining;
  replica("b");
  instance("2", "a").together = "f";
  instance("1", "a").together = "f";
  BOOST_TEST(begin() == moves{"1 2 a>b"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_move_waits_until_its_receiver_has_room) {
  replica("a").state = replica_state::draining;
  replica("b", 1);
  replica("c");
  instance("1", "b").pinned = replica_id{"c"};
  instance("2", "a").pinned = replica_id{"b"};
  BOOST_TEST(begin() == moves{"1 b>c"}, boost::test_tools::per_element());
  BOOST_TEST(begin() == moves{"2 a>b"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(full_replicas_exchange_instances) {
  replica("a", 1);
  replica("b", 1);
  instance("1", "a").pinned = replica_id{"b"};
  instance("2", "b").pinned = replica_id{"a"};
  BOOST_TEST(begin() == moves{"1 a>b"}, boost::test_tools::per_element());
  BOOST_TEST(begin() == moves{"2 b>a"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_order_of_the_input_changes_nothing) {
  for (const auto* name : {"a", "b", "c", "d"}) replica(name);
  replicas[1].state = replica_state::draining;
  for (int i = 0; i < 30; ++i) instance(std::to_string(i), i % 3 == 0 ? "a" : "b");
  const auto expected = next();
  std::mt19937 random{1};
  for (int i = 0; i < 50; ++i) {
    std::ranges::shuffle(replicas, random);
    std::ranges::shuffle(instances, random);
    const bool same = next() == expected;
    BOOST_TEST(same);
  }
}

BOOST_AUTO_TEST_CASE(moves_of_random_clusters_end_at_the_placement_and_keep_the_limits) {
  const auto* given_seed = std::getenv("KFS_TEST_SEED");
  const auto first = given_seed == nullptr ? std::uint64_t{20261129} : std::strtoull(given_seed, nullptr, 10);
  for (auto seed = first; seed < first + 300; ++seed) {
    std::mt19937_64 random{seed};
    fixture cluster;
    cluster.limits = {.from_draining = 1 + random() % 4, .for_balance = 1 + random() % 3, .for_balance_into_one = 1};
    const auto number = 2 + random() % 5;
    for (std::size_t i = 0; i < number; ++i) {
      auto& added = cluster.replica(std::to_string(i));
      if (random() % 3 == 0) added.capacity = random() % 12;
      if (random() % 4 == 0) added.state = replica_state::draining;
    }
    for (std::size_t i = random() % 30; i > 0; --i) {
      auto& added = cluster.instance("consumer " + std::to_string(i), std::to_string(random() % number));
      if (random() % 3 == 0) added.together = std::to_string(random() % 4);
      if (random() % 10 == 0) added.pinned = replica_id{std::to_string(random() % number)};
    }
    // What has no place is stopped by its owner.
    for (const auto& placed : place(cluster.replicas, cluster.instances)) {
      if (!placed.owner)
        std::erase_if(cluster.instances, [&](const auto& one) { return one.instance == placed.instance; });
    }
    for (int steps = 0; steps < 200; ++steps) {
      cluster.begin();
      std::map<bool, std::size_t> kinds;
      for (const auto& begun : cluster.running) ++kinds[begun.drains_replica];
      BOOST_TEST_REQUIRE(kinds[true] <= cluster.limits.from_draining);
      BOOST_TEST_REQUIRE(kinds[false] <= cluster.limits.for_balance);
      if (cluster.running.empty()) break;
      cluster.end(cluster.running[random() % cluster.running.size()]);
    }
    BOOST_TEST(cluster.is_reached(), "KFS_TEST_SEED=" << seed);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::move_plan_test
