#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "cluster/messages.hpp"

namespace kfs {

/// What the coordinator knows of the replicas, for those who show it without waiting for the store.
///
/// Threading: safe from any thread.
class published_view {
 public:
  void set(cluster_view_ptr view) {
    const std::lock_guard held(mutex_);
    view_ = std::move(view);
  }
  /// nullptr before the first look at the store.
  [[nodiscard]] cluster_view_ptr get() const {
    const std::lock_guard held(mutex_);
    return view_;
  }

 private:
  mutable std::mutex mutex_;
  cluster_view_ptr view_;
};

}  // namespace kfs
