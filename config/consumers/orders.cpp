#include "config/consumers/orders.hpp"

#include <iterator>

#include "config/base/json.hpp"

namespace kfs {
namespace {

paused_partitions paused_too(const paused_partitions& before, const std::vector<partition_number>& partitions) {
  paused_partitions paused{.all = before.all || partitions.empty()};
  std::ranges::set_union(before.some, partitions, std::back_inserter(paused.some));
  return paused;
}

paused_partitions resumed(const paused_partitions& before, const std::vector<partition_number>& partitions) {
  if (partitions.empty()) return {};
  paused_partitions paused{.all = before.all};
  std::ranges::set_difference(before.some, partitions, std::back_inserter(paused.some));
  return paused;
}

}  // namespace

standing_orders consumer_order::added_to(standing_orders before) const {
  switch (what) {
    case kind::pause:
      before.paused = paused_too(before.paused, partitions);
      break;
    case kind::resume:
      before.paused = resumed(before.paused, partitions);
      break;
    case kind::restart:
      ++before.restarts;
      break;
  }
  return before;
}

std::string to_stored_text(const standing_orders& orders) {
  auto stored = json::object();
  if (orders.paused.all) stored["paused"] = true;
  if (!orders.paused.some.empty()) stored["paused_partitions"] = orders.paused.some;
  if (orders.restarts != 0) stored["restarts"] = orders.restarts;
  return stored.dump();
}

standing_orders orders_from_stored_text(const std::string& text) {
  const auto stored = json::parse(text);
  standing_orders orders;
  orders.paused.all = stored.value("paused", false);
  orders.paused.some = stored.value("paused_partitions", std::vector<partition_number>{});
  std::ranges::sort(orders.paused.some);
  orders.restarts = stored.value("restarts", std::int64_t{0});
  return orders;
}

}  // namespace kfs
