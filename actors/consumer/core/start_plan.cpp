#include "actors/consumer/core/start_plan.hpp"

#include <algorithm>

namespace kfs {

start_plan plan_start(const group_position& group, std::span<const std::optional<offset>> sinks, bool from_beginning) {
  start_plan plan;
  plan.start = group.committed;
  plan.told.resize(sinks.size());
  plan.by_order = group.committed && !group.ours;
  if (plan.by_order) {
    std::ranges::transform(sinks, plan.told.begin(), [&](const auto& stored) {
      return stored == group.committed ? std::nullopt : group.committed;
    });
    return plan;
  }
  if (!sinks.empty()) plan.start.reset();
  const bool all_know = std::ranges::all_of(sinks, [](const auto& stored) { return stored.has_value(); });
  if (from_beginning && !group.committed && !all_know) return plan;
  for (const auto& stored : sinks) {
    const auto needed = !stored || (group.by_other && stored < group.committed) ? group.committed : stored;
    if (needed && (!plan.start || *needed < *plan.start)) plan.start = needed;
  }
  for (std::size_t i = 0; i < sinks.size(); ++i) {
    if (!sinks[i] && plan.start < group.committed) plan.told[i] = group.committed;
  }
  return plan;
}

}  // namespace kfs
