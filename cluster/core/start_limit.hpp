#pragma once

#include <cstddef>
#include <set>
#include <span>
#include <vector>

#include "cluster/core/ids.hpp"

namespace kfs {

/// How many instances a replica has to start, with those that are starting.
struct start_demand {
  replica_id replica;
  std::size_t instances = 0;
};

/// Divides the starts that the cluster allows at a time among the live replicas: as evenly as what they have to start
/// allows, and at least one for each that has something to start, so that all proceed. So the bound is `total` or the
/// number of such replicas, whichever is greater. The answer is in the order of `demands`, and does not depend on it.
///
/// Each replica computes the shares from what it knows. While replicas know different things, the bound may be exceeded
/// by the difference.
std::vector<std::size_t> divide_starts(std::size_t total, std::span<const start_demand> demands);

/// Admits the starts of one replica within its share.
///
/// Ownership: one for each replica. Threading: none.
class start_limit {
 public:
  /// A smaller share ends no start that has begun.
  void set_share(std::size_t share) { share_ = share; }

  /// Returns whether the instance may start now; also true for one that is starting.
  bool begin(const instance_id& instance) {
    if (starting_.contains(instance)) return true;
    if (starting_.size() >= share_) return false;
    starting_.insert(instance);
    return true;
  }

  /// The instance runs, has failed, or is no longer to be started. Ignored when it is not starting.
  void end(const instance_id& instance) { starting_.erase(instance); }

  [[nodiscard]] std::size_t starting() const { return starting_.size(); }

 private:
  std::size_t share_ = 0;
  std::set<instance_id> starting_;
};

}  // namespace kfs
