#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>

namespace kfs {

/// Counts the answers that are not completely sent yet.
///
/// Threading: safe from any thread.
class in_flight_counter {
 public:
  /// Counts one answer until the last copy of the returned token is destroyed. A token keeps the counter alive.
  static std::shared_ptr<void> enter(const std::shared_ptr<in_flight_counter>& counter) {
    const std::lock_guard lock(counter->mutex_);
    ++counter->count_;
    return {counter.get(), [counter](void*) { counter->leave(); }};
  }

  /// Blocks until the count is 0 or `limit` has passed.
  void wait_until_empty(std::chrono::steady_clock::duration limit) {
    std::unique_lock lock(mutex_);
    empty_.wait_for(lock, limit, [this] { return count_ == 0; });
  }

 private:
  void leave() {
    const std::lock_guard lock(mutex_);
    if (--count_ == 0) empty_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable empty_;
  std::size_t count_ = 0;
};

}  // namespace kfs
