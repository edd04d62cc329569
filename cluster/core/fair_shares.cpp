#include "cluster/core/fair_shares.hpp"

#include <algorithm>

namespace kfs {

std::size_t fair_shares::share(const share_bounds& bounds) const {
  return std::clamp(level, bounds.least, bounds.most);
}

// Raises the level from 0. Between two bounds, as many receivers rise with the level as have their least share below it
// and their most above it.
fair_shares divide_fairly(std::span<const share_bounds> receivers, std::size_t total) {
  std::vector<std::size_t> begins;
  std::vector<std::size_t> ends;
  std::size_t handed_out = 0;
  for (const auto& bounds : receivers) {
    begins.push_back(bounds.least);
    ends.push_back(bounds.most);
    handed_out += bounds.least;
  }
  if (handed_out >= total) return {};
  std::ranges::sort(begins);
  std::ranges::sort(ends);

  std::size_t level = 0;
  std::size_t rising = 0;
  auto begin = begins.begin();
  auto end = ends.begin();
  while (end != ends.end()) {
    while (begin != begins.end() && *begin <= level) ++begin, ++rising;
    while (end != ends.end() && *end <= level) ++end, --rising;
    if (end == ends.end()) break;
    const auto next = begin == begins.end() ? *end : std::min(*begin, *end);
    const auto left = total - handed_out;
    if (rising != 0 && left < rising * (next - level)) return {level + left / rising, left % rising};
    handed_out += rising * (next - level);
    level = next;
  }
  return {level, 0};
}

}  // namespace kfs
