#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace kfs {

/// The bounds of one receiver's share.
struct share_bounds {
  std::size_t least = 0;
  std::size_t most = 0;  ///< at least `least`
};

/// Divides `total` among receivers as evenly as their bounds allow (max-min fairness).
struct fair_shares {
  /// Every receiver gets this much, unless its bounds forbid it.
  std::size_t level = 0;
  /// So many of the receivers whose share is `level` and whose bounds allow one more get one more.
  std::size_t extras = 0;

  [[nodiscard]] std::size_t share(const share_bounds& bounds) const;
  [[nodiscard]] bool may_have_one_more(const share_bounds& bounds) const {
    return bounds.least <= level && level < bounds.most;
  }
};

/// What the bounds do not allow to be handed out is left over. When `total` is less than the sum of the least shares,
/// the level is 0. O(n log n).
fair_shares divide_fairly(std::span<const share_bounds> receivers, std::size_t total);

}  // namespace kfs
