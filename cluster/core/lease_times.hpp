#pragma once

#include <chrono>

namespace kfs {

/// The times that follow from REPLICA_LEASE_MS. The proofs in tests/unit/cluster/core hold for these fractions.
struct lease_times {
  using duration = std::chrono::nanoseconds;

  explicit constexpr lease_times(duration of_a_lease) : lease(of_a_lease) {}

  duration lease;
  duration renewal = lease / 3;        ///< from one renewal, with its look at the rows of others, to the next
  duration retry = lease / 12;         ///< from a failed renewal to the next attempt
  duration margin = lease / 10;        ///< the right to write ends so long before the lease
  duration fencing = lease / 10;       ///< fencing begins so long before the right to write ends
  duration longest_gap = 2 * renewal;  ///< looks that are further apart do not belong together
};

}  // namespace kfs
