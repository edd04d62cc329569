#include "cluster/core/placement/placement.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace kfs::placement_test {

namespace {

struct fixture {
  std::vector<placement_replica> replicas;
  std::vector<placement_instance> instances;

  placement_replica& replica(const std::string& name, std::optional<std::size_t> capacity = std::nullopt) {
    return replicas.emplace_back(
        placement_replica{.replica = {name}, .state = replica_state::active, .capacity = capacity});
  }

  placement_instance& instance(const std::string& consumer, int number = 0, const std::string& owner = {}) {
    auto& made = instances.emplace_back(
        placement_instance{.instance = {{consumer}, number}, .owner = {}, .together = {}, .pinned = {}});
    if (!owner.empty()) made.owner = replica_id{owner};
    return made;
  }

  /// The owner of each instance, or the reason why it has none; in the order of instances.
  [[nodiscard]] std::vector<std::string> placed() const {
    std::vector<std::string> owners;
    for (const auto& entry : place(replicas, instances))
      owners.push_back(entry.owner ? entry.owner->value : to_string(*entry.reason));
    return owners;
  }

  [[nodiscard]] std::map<std::string, std::size_t> loads() const {
    std::map<std::string, std::size_t> counted;
    for (const auto& owner : placed()) ++counted[owner];
    return counted;
  }
};

using owners = std::vector<std::string>;

std::uint64_t first_seed() {
  const auto* given = std::getenv("KFS_TEST_SEED");
  return given == nullptr ? 20261129 : std::strtoull(given, nullptr, 10);
}

/// A random cluster: joins, deaths, drains, capacities, pins, files that are shared, consumers of several instances.
fixture random_cluster(std::mt19937_64& random) {
  fixture made;
  const auto replicas = 1 + random() % 6;
  for (std::size_t i = 0; i < replicas; ++i) {
    auto& added = made.replica(std::to_string(i));
    if (random() % 3 == 0) added.capacity = random() % 12;
    if (random() % 5 == 0) added.state = random() % 2 == 0 ? replica_state::draining : replica_state::lost;
  }
  const auto consumers = random() % 20;
  for (std::size_t consumer = 0; consumer < consumers; ++consumer) {
    const auto number = random() % 4 == 0 ? 1 + random() % 5 : 1;
    const auto group = random() % 4 == 0 ? "file " + std::to_string(random() % 3) : "";
    for (std::size_t i = 0; i < number; ++i) {
      auto& added = made.instance("consumer " + std::to_string(consumer), static_cast<int>(i));
      added.together = group;
      if (random() % 4 != 0) added.owner = replica_id{std::to_string(random() % (replicas + 1))};
      if (random() % 15 == 0) added.pinned = replica_id{std::to_string(random() % (replicas + 1))};
    }
  }
  return made;
}

/// Checks a placement against the promises of place().
class verdict {
 public:
  verdict(const fixture& cluster, const std::vector<placed_instance>& placed) {
    for (const auto& given : cluster.replicas) replicas_.emplace(given.replica, given);
    for (const auto& given : cluster.instances) instances_.emplace(given.instance, given);
    for (const auto& entry : placed) {
      const auto& given = instances_.at(entry.instance);
      auto key = given.together.empty() ? entry.instance.consumer.value + "/" + std::to_string(entry.instance.number)
                                        : "together " + given.together;
      auto& unit = units_[std::move(key)];
      unit.given.push_back(given);
      unit.owners.insert(entry.owner);
      if (entry.owner) ++loads_[*entry.owner];
      if (entry.owner.has_value() == entry.reason.has_value()) fault_ = "neither owner nor reason, or both";
    }
    if (placed.size() != instances_.size()) fault_ = "instances are missing";
    check_units();
    check_balance();
  }

  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  struct checked_unit {
    std::vector<placement_instance> given;
    std::set<std::optional<replica_id>> owners;
    [[nodiscard]] bool is_pinned() const {
      return std::ranges::any_of(given, [](const auto& instance) { return instance.pinned.has_value(); });
    }
  };

  void check_units() {
    for (const auto& [key, unit] : units_) {
      if (unit.owners.size() != 1) fault_ = key + " is divided";
      const auto& owner = *unit.owners.begin();
      if (!owner) continue;
      const auto state = replicas_.at(*owner).state;
      const bool ran_there = std::ranges::any_of(unit.given, [&](const auto& given) { return given.owner == owner; });
      if (state == replica_state::lost) fault_ = key + " is on a lost replica";
      if (state == replica_state::draining && !ran_there) fault_ = key + " goes to a draining replica";
      for (const auto& given : unit.given) {
        if (given.pinned && given.pinned != owner) fault_ = key + " is not where it is pinned";
      }
    }
    for (const auto& [replica, given] : replicas_) {
      if (given.state == replica_state::active && given.capacity && loads_[replica] > *given.capacity)
        fault_ = replica.value + " is above its capacity";
    }
  }

  // The lightest unit that could leave the replica; 0 when none could.
  [[nodiscard]] std::size_t lightest(const replica_id& on) const {
    std::size_t weight = 0;
    for (const auto& [key, unit] : units_) {
      if (unit.is_pinned() || *unit.owners.begin() != on) continue;
      weight = weight == 0 ? unit.given.size() : std::min(weight, unit.given.size());
    }
    return weight;
  }

  void check_balance() {
    for (const auto& [giver, given] : replicas_) {
      const auto weight = lightest(giver);
      if (given.state != replica_state::active || weight == 0) continue;
      for (const auto& [receiver, other] : replicas_) {
        if (other.state != replica_state::active) continue;
        const bool fits = !other.capacity || loads_[receiver] + weight <= *other.capacity;
        if (fits && loads_[giver] >= loads_[receiver] + 2 * weight)
          fault_ = giver.value + " should give to " + receiver.value;
      }
    }
  }

  std::map<replica_id, placement_replica> replicas_;
  std::map<instance_id, placement_instance> instances_;
  std::map<std::string, checked_unit> units_;
  std::map<replica_id, std::size_t> loads_;
  std::string fault_;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(placement, fixture)

BOOST_AUTO_TEST_CASE(instances_are_divided_evenly_and_listed_by_id) {
  replica("b");
  replica("a");
  for (const auto* consumer : {"3", "1", "2"}) instance(consumer);
  BOOST_TEST(placed() == (owners{"a", "a", "b"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(nothing_moves_while_loads_differ_by_one) {
  replica("a");
  replica("b");
  for (int i = 0; i < 3; ++i) instance(std::to_string(i), 0, i == 0 ? "a" : "b");
  BOOST_TEST(placed() == (owners{"a", "b", "b"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(only_the_instances_of_a_lost_replica_move) {
  replica("a");
  replica("b");
  replica("c").state = replica_state::lost;
  for (int i = 0; i < 6; ++i) instance(std::to_string(i), 0, std::string(1, static_cast<char>('a' + i % 3)));
  BOOST_TEST(placed() == (owners{"a", "b", "a", "a", "b", "b"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_newcomer_gets_its_share_and_nothing_else_moves) {
  for (const auto* name : {"a", "b", "c"}) replica(name);
  for (int i = 0; i < 10; ++i) instance(std::to_string(i), 0, i % 2 == 0 ? "a" : "b");
  const auto now = placed();
  BOOST_TEST(std::ranges::count(now, "c") == 3);
  for (std::size_t i = 0; i < now.size(); ++i) BOOST_TEST((now[i] == "c" || now[i] == instances[i].owner->value));
}

BOOST_AUTO_TEST_CASE(a_draining_replica_gives_everything_away_and_takes_nothing) {
  replica("a").state = replica_state::draining;
  replica("b");
  instance("1", 0, "a");
  instance("2");
  BOOST_TEST(placed() == (owners{"b", "b"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_draining_replica_keeps_what_nobody_else_has_room_for) {
  replica("a").state = replica_state::draining;
  replica("b", 1);
  instance("1", 0, "a");
  instance("2", 0, "a");
  instance("3");
  BOOST_TEST(placed() == (owners{"a", "a", "b"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(without_a_replica_that_takes_instances_none_is_placed) {
  replica("a").state = replica_state::lost;
  instance("1", 0, "a");
  instance("2");
  BOOST_TEST(placed() == (owners{"no_replica", "no_replica"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(above_all_capacities_instances_wait_and_those_that_run_stay) {
  replica("a", 1);
  replica("b", 1);
  instance("1");
  instance("2", 0, "b");
  instance("3");
  BOOST_TEST(placed() == (owners{"a", "b", "no_capacity"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_lower_capacity_makes_instances_move) {
  replica("a", 1);
  replica("b");
  for (int i = 0; i < 3; ++i) instance(std::to_string(i), 0, "a");
  BOOST_TEST((loads() == (std::map<std::string, std::size_t>{{"a", 1}, {"b", 2}})));
}

BOOST_AUTO_TEST_CASE(instances_of_one_consumer_go_to_different_replicas) {
  for (const auto* name : {"a", "b", "c"}) replica(name);
  for (int i = 0; i < 3; ++i) instance("1", i);
  for (int i = 0; i < 3; ++i) instance("2", i);
  const auto now = placed();
  BOOST_TEST(std::set<std::string>(now.begin(), now.begin() + 3).size() == 3U);
  BOOST_TEST(std::set<std::string>(now.begin() + 3, now.end()).size() == 3U);
}

BOOST_AUTO_TEST_CASE(what_a_replica_gives_for_balance_is_a_sibling_of_what_it_keeps) {
  replica("a");
  replica("b");
  instance("1", 0, "a");
  instance("1", 1, "a");
  instance("2", 0, "a");
  instance("3", 0, "a");
  BOOST_TEST(placed()[1] == "b");
  BOOST_TEST(loads()["b"] == 2U);
}

BOOST_AUTO_TEST_CASE(instances_that_share_a_file_run_together_and_count_as_many) {
  replica("a");
  replica("b");
  for (int i = 0; i < 3; ++i) instance("1", i).together = "f";
  for (int i = 0; i < 3; ++i) instance("2", i);
  const auto now = placed();
  BOOST_TEST(std::set<std::string>(now.begin(), now.begin() + 3).size() == 1U);
  BOOST_TEST((loads() == (std::map<std::string, std::size_t>{{"a", 3}, {"b", 3}})));
}

BOOST_AUTO_TEST_CASE(instances_that_come_to_share_a_file_meet_where_most_of_them_run) {
  replica("a");
  replica("b");
  instance("1", 0, "a").together = "f";
  instance("2", 0, "b").together = "f";
  instance("3", 0, "b").together = "f";
  BOOST_TEST(placed() == (owners{"b", "b", "b"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_group_moves_for_balance_only_if_the_receiver_is_not_fuller_afterwards) {
  replica("a");
  replica("b");
  for (int i = 0; i < 4; ++i) instance("1", i, "a").together = "f";
  for (int i = 0; i < 3; ++i) instance("2", i, "a").together = "g";
  BOOST_TEST((loads() == (std::map<std::string, std::size_t>{{"a", 4}, {"b", 3}})));
  instances.resize(4);
  BOOST_TEST(placed() == (owners{"a", "a", "a", "a"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(instances_alone_give_way_to_a_group_where_others_have_room_for_them) {
  replica("a", 4);
  replica("b", 4);
  for (int i = 0; i < 4; ++i) instance(std::to_string(i), 0, i % 2 == 0 ? "a" : "b");
  for (int i = 0; i < 4; ++i) instance("group", i).together = "f";
  BOOST_TEST((loads() == (std::map<std::string, std::size_t>{{"a", 4}, {"b", 4}})));
}

BOOST_AUTO_TEST_CASE(a_group_for_which_no_replica_has_room_is_not_divided) {
  replica("a", 2);
  replica("b", 2);
  for (int i = 0; i < 3; ++i) instance("1", i).together = "f";
  BOOST_TEST(placed() == owners(3, "no_capacity"), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_pinned_instance_runs_nowhere_else) {
  replica("a");
  replica("b", 1);
  replica("c").state = replica_state::draining;
  instance("1").pinned = replica_id{"b"};
  instance("2").pinned = replica_id{"b"};
  instance("3").pinned = replica_id{"gone"};
  instance("4").pinned = replica_id{"c"};
  instance("5", 0, "c").pinned = replica_id{"c"};
  BOOST_TEST(placed() == (owners{"b", "no_capacity", "pinned_away", "pinned_away", "c"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(instances_together_that_are_pinned_apart_are_not_placed) {
  replica("a");
  replica("b");
  for (const auto* name : {"a", "b"}) {
    auto& added = instance(name);
    added.together = "f";
    added.pinned = replica_id{name};
  }
  BOOST_TEST(placed() == owners(2, "pins_disagree"), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_placement_of_random_clusters_keeps_the_promises) {
  const auto first = first_seed();
  for (auto seed = first; seed < first + 4000; ++seed) {
    std::mt19937_64 random{seed};
    const auto cluster = random_cluster(random);
    const auto fault = verdict(cluster, place(cluster.replicas, cluster.instances)).fault();
    BOOST_TEST(fault.empty(), "KFS_TEST_SEED=" << seed << ": " << fault);
  }
}

BOOST_AUTO_TEST_CASE(the_order_of_the_input_changes_nothing) {
  const auto first = first_seed();
  for (auto seed = first; seed < first + 1000; ++seed) {
    std::mt19937_64 random{seed};
    auto cluster = random_cluster(random);
    const auto expected = place(cluster.replicas, cluster.instances);
    std::ranges::shuffle(cluster.replicas, random);
    std::ranges::shuffle(cluster.instances, random);
    const bool same = place(cluster.replicas, cluster.instances) == expected;
    BOOST_TEST(same, "KFS_TEST_SEED=" << seed);
  }
}

BOOST_AUTO_TEST_CASE(a_placement_that_was_reached_is_not_changed_again) {
  const auto first = first_seed();
  for (auto seed = first; seed < first + 2000; ++seed) {
    std::mt19937_64 random{seed};
    auto cluster = random_cluster(random);
    std::map<instance_id, std::optional<replica_id>> reached;
    for (const auto& entry : place(cluster.replicas, cluster.instances)) reached[entry.instance] = entry.owner;
    for (auto& given : cluster.instances) given.owner = reached[given.instance];
    for (const auto& entry : place(cluster.replicas, cluster.instances)) {
      const bool same = entry.owner == reached[entry.instance];
      BOOST_TEST(same, "KFS_TEST_SEED=" << seed << ": " << entry.instance.consumer.value);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::placement_test
