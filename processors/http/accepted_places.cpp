#include "processors/http/accepted_places.hpp"

#include <limits>

namespace kfs {

void accepted_places::written(const std::vector<batch_range>& ranges) {
  if (places_.empty()) return;
  for (const auto& range : ranges) {
    const auto first = places_.lower_bound({range.partition, offset{std::numeric_limits<std::int64_t>::min()}});
    places_.erase(first, places_.lower_bound({range.partition, range.next}));
  }
}

}  // namespace kfs
