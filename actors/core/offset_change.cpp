#include "actors/core/offset_change.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

namespace kfs {
namespace {

/// The sum, or the nearest number that there is.
std::int64_t bounded_sum(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
}

/// Where a change leads in one partition, which may be outside the log.
struct destination {
  const partition_extent& extent;

  result<offset> operator()(const offset_change::earliest&) const { return extent.log_start; }
  result<offset> operator()(const offset_change::latest&) const { return extent.log_end; }
  result<offset> operator()(const offset_change::at_time&) const { return extent.at_time.value_or(extent.log_end); }
  result<offset> operator()(const offset_change::exactly& exact) const { return exact.offsets.at(extent.partition); }
  result<offset> operator()(const offset_change::shifted& shift) const {
    if (extent.committed) return offset{bounded_sum(extent.committed->value, shift.by)};
    return failure(
        ec::cannot_apply,
        fmt::format("The group has committed nothing in partition {}, so there is nothing to shift; name its "
                    "offset, or the partitions to shift",
                    extent.partition));
  }
};

/// Where the group would go on without the change.
offset where_it_goes_on(const partition_extent& extent, bool begins_at_end) {
  const auto& committed = extent.committed;
  if (committed && *committed >= extent.log_start && *committed <= extent.log_end) return *committed;
  return begins_at_end ? extent.log_end : extent.log_start;
}

/// Each of these partitions, which are sorted, needs its offset, and no other one may have one.
result<void> match(const std::map<partition_number, offset>& offsets, const std::vector<partition_number>& wanted) {
  for (const auto& [partition, position] : offsets) {
    if (!std::ranges::binary_search(wanted, partition))
      return failure(ec::invalid_request,
                     fmt::format("\"offsets\" names partition {}, which is not in \"partitions\"", partition));
  }
  for (const auto partition : wanted) {
    if (!offsets.contains(partition))
      return failure(ec::invalid_request, fmt::format("Partition {} has no offset in \"offsets\"", partition));
  }
  return {};
}

}  // namespace

result<std::vector<partition_number>> partitions_of(const offset_change& change, int count,
                                                    const std::vector<partition_number>& allowed) {
  std::vector<partition_number> wanted;
  const auto* exact = std::get_if<offset_change::exactly>(&change.to);
  if (change.partitions) {
    wanted = *change.partitions;
  } else if (exact != nullptr) {
    for (const auto& [partition, position] : exact->offsets) wanted.push_back(partition);
  } else if (!allowed.empty()) {
    wanted = allowed;
  } else {
    wanted.resize(static_cast<std::size_t>(count));
    std::iota(wanted.begin(), wanted.end(), 0);
  }
  std::ranges::sort(wanted);
  wanted.erase(std::ranges::unique(wanted).begin(), wanted.end());
  for (const auto partition : wanted) {
    if (partition < 0 || partition >= count)
      return failure(ec::invalid_request,
                     fmt::format("The topic has the partitions 0 to {}, not {}", count - 1, partition));
    if (!allowed.empty() && std::ranges::find(allowed, partition) == allowed.end())
      return failure(ec::invalid_request,
                     fmt::format("The consumer does not read partition {} (options.partitions)", partition));
  }
  if (exact != nullptr) {
    if (auto matched = match(exact->offsets, wanted); !matched) return tl::make_unexpected(matched.error());
  }
  return wanted;
}

result<std::vector<offset_step>> planned(const offset_change& change, const std::vector<partition_extent>& extents,
                                         bool begins_at_end) {
  std::vector<offset_step> steps;
  steps.reserve(extents.size());
  for (const auto& extent : extents) {
    const auto wanted = std::visit(destination{extent}, change.to);
    if (!wanted) return tl::make_unexpected(wanted.error());
    const auto after = std::clamp(*wanted, extent.log_start, extent.log_end);
    const auto goes_on = where_it_goes_on(extent, begins_at_end);
    steps.push_back({.partition = extent.partition,
                     .before = extent.committed,
                     .after = after,
                     .log_start = extent.log_start,
                     .log_end = extent.log_end,
                     .records = goes_on.value - after.value,
                     .clamped = after != *wanted});
  }
  return steps;
}

}  // namespace kfs
