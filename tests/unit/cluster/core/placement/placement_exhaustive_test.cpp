// All placements of few instances on few replicas, compared with a search through every possible answer.
#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "cluster/core/placement/placement.hpp"

namespace kfs::placement_exhaustive_test {

namespace {

constexpr std::size_t no_limit = 100;

replica_id replica(std::size_t number) {
  return {"replica-" + std::to_string(number)};
}

/// Replicas, of which those with a capacity of 0 are lost.
struct setting {
  std::vector<std::size_t> capacities;

  [[nodiscard]] std::vector<placement_replica> replicas() const {
    std::vector<placement_replica> made;
    for (std::size_t i = 0; i < capacities.size(); ++i) {
      const auto state = capacities[i] == 0 ? replica_state::lost : replica_state::active;
      made.push_back({.replica = replica(i), .state = state, .capacity = capacities[i]});
      if (capacities[i] == no_limit) made.back().capacity.reset();
    }
    return made;
  }

  [[nodiscard]] bool is_balanced(const std::vector<std::size_t>& loads) const {
    for (std::size_t i = 0; i < loads.size(); ++i) {
      if (loads[i] > capacities[i]) return false;
      for (std::size_t j = 0; j < loads.size(); ++j) {
        if (loads[i] > loads[j] + 1 && loads[j] < capacities[j]) return false;
      }
    }
    return true;
  }
};

/// Calls `use` with every vector of `size` numbers below `end`.
void for_each_vector(std::size_t size, std::size_t end,
                     const std::function<void(const std::vector<std::size_t>&)>& use) {
  std::vector<std::size_t> values(size);
  while (true) {
    use(values);
    std::size_t at = 0;
    while (at < size && ++values[at] == end) values[at++] = 0;
    if (at == size) return;
  }
}

/// All loads with a sum.
std::vector<std::vector<std::size_t>> loads_of(std::size_t replicas, std::size_t sum) {
  std::vector<std::vector<std::size_t>> found;
  for_each_vector(replicas, sum + 1, [&](const auto& loads) {
    std::size_t present = 0;
    for (const auto load : loads) present += load;
    if (present == sum) found.push_back(loads);
  });
  return found;
}

std::size_t unavoidable_moves(const setting& tried, const std::vector<std::size_t>& present,
                              const std::vector<std::vector<std::size_t>>& candidates) {
  auto fewest = std::numeric_limits<std::size_t>::max();
  for (const auto& loads : candidates) {
    std::size_t moves = 0;
    for (std::size_t i = 0; i < loads.size(); ++i) {
      if (tried.capacities[i] > 0 && present[i] > loads[i]) moves += present[i] - loads[i];
    }
    fewest = std::min(fewest, moves);
  }
  return fewest;
}

std::size_t number_of(const std::optional<replica_id>& name) {
  return static_cast<std::size_t>(name->value.back() - '0');
}

}  // namespace

BOOST_AUTO_TEST_SUITE(placement_exhaustive)

// The instances are alike here, so how many each replica has tells everything.
BOOST_AUTO_TEST_CASE(up_to_6_instances_on_4_replicas_are_balanced_with_the_fewest_moves) {
  constexpr std::array<std::size_t, 4> capacities{0, 1, 2, no_limit};
  std::vector<std::vector<std::vector<std::size_t>>> loads;
  for (std::size_t sum = 0; sum <= 6; ++sum) loads.push_back(loads_of(4, sum));
  std::size_t wrong = 0;
  std::size_t checked = 0;
  const auto check = [&](const setting& tried, const std::vector<std::size_t>& present, std::size_t instances,
                         std::size_t placeable, const std::vector<std::vector<std::size_t>>& candidates) {
    std::vector<placement_instance> given;
    const auto add = [&](std::optional<replica_id> owner) {
      given.push_back({.instance = {consumer_id{std::to_string(given.size())}, 0},
                       .owner = std::move(owner),
                       .together = {},
                       .pinned = {}});
    };
    for (std::size_t i = 0; i < present.size(); ++i) {
      for (std::size_t n = 0; n < present[i]; ++n) add(replica(i));
    }
    while (given.size() < instances) add(std::nullopt);
    const auto placed = place(tried.replicas(), given);
    std::vector<std::size_t> now(4);
    std::size_t moves = 0;
    std::size_t assigned = 0;
    for (std::size_t i = 0; i < placed.size(); ++i) {
      if (placed[i].owner) ++assigned, ++now[number_of(placed[i].owner)];
      const auto& owner = given[i].owner;
      if (owner && tried.capacities[number_of(owner)] > 0 && owner != placed[i].owner) ++moves;
    }
    ++checked;
    const bool right =
        tried.is_balanced(now) && assigned == placeable && moves == unavoidable_moves(tried, present, candidates);
    if (!right) ++wrong;
  };
  for_each_vector(4, capacities.size(), [&](const auto& chosen) {
    setting tried;
    std::size_t room = 0;
    for (const auto i : chosen) {
      tried.capacities.push_back(capacities[i]);
      room += capacities[i];
    }
    for (std::size_t instances = 0; instances <= 6; ++instances) {
      const auto placeable = std::min(instances, room);
      std::vector<std::vector<std::size_t>> candidates;
      std::ranges::copy_if(loads[placeable], std::back_inserter(candidates),
                           [&](const auto& wanted) { return tried.is_balanced(wanted); });
      for (std::size_t running = 0; running <= instances; ++running) {
        for (const auto& present : loads[running]) check(tried, present, instances, placeable, candidates);
      }
    }
  });
  BOOST_TEST(checked == 256U * 462U);
  BOOST_TEST(wrong == 0U);
}

// Every present placement, for every division of the instances into consumers.
BOOST_AUTO_TEST_CASE(instances_of_a_consumer_are_spread_as_far_as_balance_and_the_fewest_moves_allow) {
  const setting tried{{no_limit, no_limit, no_limit}};
  const std::vector<std::vector<std::size_t>> divisions{{5}, {4, 1}, {3, 2}, {3, 1, 1}, {2, 2, 1}, {2, 1, 1, 1}};
  std::size_t worse = 0;
  std::size_t checked = 0;
  for (const auto& division : divisions) {
    std::vector<placement_instance> given;
    for (std::size_t consumer = 0; consumer < division.size(); ++consumer) {
      for (std::size_t n = 0; n < division[consumer]; ++n)
        given.push_back({.instance = {consumer_id{std::to_string(consumer)}, static_cast<int>(n)},
                         .owner = {},
                         .together = {},
                         .pinned = {}});
    }
    // The number of pairs of one consumer on one replica, if the placement is balanced.
    std::map<std::vector<std::size_t>, std::size_t> balanced;
    for_each_vector(given.size(), 3, [&](const auto& placed) {
      std::vector<std::size_t> loads(3);
      std::size_t pairs = 0;
      for (std::size_t i = 0; i < placed.size(); ++i) {
        ++loads[placed[i]];
        for (std::size_t j = 0; j < i; ++j)
          pairs += placed[i] == placed[j] && given[i].instance.consumer == given[j].instance.consumer ? 1 : 0;
      }
      if (tried.is_balanced(loads)) balanced.emplace(placed, pairs);
    });
    for_each_vector(given.size(), 4, [&](const auto& present) {
      for (std::size_t i = 0; i < given.size(); ++i) {
        given[i].owner.reset();
        if (present[i] < 3) given[i].owner = replica(present[i]);
      }
      std::vector<std::size_t> placed;
      for (const auto& entry : place(tried.replicas(), given)) placed.push_back(number_of(entry.owner));
      const auto cost = [&](const std::vector<std::size_t>& wanted, std::size_t pairs) {
        std::size_t moves = 0;
        for (std::size_t i = 0; i < wanted.size(); ++i) moves += present[i] < 3 && present[i] != wanted[i] ? 1 : 0;
        return std::pair{moves, pairs};
      };
      auto best = std::pair{no_limit, no_limit};
      for (const auto& [wanted, pairs] : balanced) best = std::min(best, cost(wanted, pairs));
      const auto found = balanced.find(placed);
      ++checked;
      if (found == balanced.end() || cost(placed, found->second) != best) ++worse;
    });
  }
  BOOST_TEST(checked == 6U * 1024U);
  BOOST_TEST(worse == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::placement_exhaustive_test
