#include "cluster/core/start_limit.hpp"

#include <algorithm>
#include <numeric>

#include "cluster/core/fair_shares.hpp"

namespace kfs {

std::vector<std::size_t> divide_starts(std::size_t total, std::span<const start_demand> demands) {
  std::vector<share_bounds> bounds;
  for (const auto& demand : demands) bounds.push_back({std::min<std::size_t>(1, demand.instances), demand.instances});
  const auto fair = divide_fairly(bounds, total);

  std::vector<std::size_t> order(demands.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(
      order, {}, [&](std::size_t i) -> const auto& { return demands[i].replica; });
  std::vector<std::size_t> shares(demands.size());
  auto extras = fair.extras;
  for (const auto i : order) {
    shares[i] = fair.share(bounds[i]);
    if (extras == 0 || !fair.may_have_one_more(bounds[i])) continue;
    ++shares[i];
    --extras;
  }
  return shares;
}

}  // namespace kfs
