#pragma once

#include <mutex>
#include <set>

#include "cluster/core/ids.hpp"

namespace kfs {

/// The replicas to which this one has a link, for those who show them.
///
/// Threading: safe from any thread.
class link_board {
 public:
  void set(const replica_id& replica, bool linked) {
    const std::lock_guard held(mutex_);
    if (linked) {
      linked_.insert(replica);
    } else {
      linked_.erase(replica);
    }
  }
  [[nodiscard]] bool has(const replica_id& replica) const {
    const std::lock_guard held(mutex_);
    return linked_.contains(replica);
  }

 private:
  mutable std::mutex mutex_;
  std::set<replica_id> linked_;
};

}  // namespace kfs
