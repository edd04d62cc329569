#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "cluster/core/failure_detector.hpp"
#include "cluster/core/ids.hpp"

namespace kfs {

/// The right to run one consumer instance, as the store shows it.
struct lease_row {
  instance_id instance;
  std::optional<replica_id> holder;  ///< nullopt when it was released or never taken
  epoch term;                        ///< of the last holder
  std::uint64_t renewals = 0;        ///< changes with each renewal
};

/// The taker's view of leases: decides which are free, from looks at their rows.
///
/// A lease is free when it has no holder, and once its counter, holder and epoch have stood still for a lease
/// (failure_detector). The statement that takes a free lease must compare all three with the row of the last look, must
/// write the next epoch, and must do nothing when one differs. So a holder that comes back before the lease is taken
/// keeps it.
///
/// The rows should come from the statement that renews the taker's own leases. Then a store that only answers queries
/// counts as absent for the taker as it does for the holders.
///
/// Ownership: one for each replica. Threading: none; time is an argument.
class lease_watch {
 public:
  explicit lease_watch(const lease_times& times) : signs_(times) {}

  /// Takes in a look at all leases that are watched. A lease that is no longer shown is forgotten.
  void saw(const look& present, std::span<const lease_row> rows);

  [[nodiscard]] bool is_free(const lease_row& row) const { return !row.holder || signs_.silent(row.instance); }

  /// When a look will find the next lease free unless its holder renews it.
  [[nodiscard]] std::optional<look::clock::time_point> next_expiry() const { return signs_.next_expiry(); }

 private:
  struct sign {
    replica_id holder;
    epoch term;
    std::uint64_t renewals = 0;
    bool operator==(const sign&) const = default;
  };

  failure_detector<instance_id, sign> signs_;
};

}  // namespace kfs
