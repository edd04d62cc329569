#pragma once

#include <functional>
#include <iterator>
#include <mutex>
#include <utility>
#include <vector>

#include "actors/kafka/ports.hpp"

namespace kfs {

/// Where the answers of calls that block in other threads wait until their client is polled.
///
/// Threading: safe from any thread. Ownership: shared by the client and the calls under way.
class answer_box {
 public:
  /// `ring` is called from any thread when there is an answer; it must not block.
  explicit answer_box(std::function<void()> ring) : ring_(std::move(ring)) {}

  void put(kafka_event told) {
    const std::lock_guard lock(mutex_);
    told_.push_back(std::move(told));
    if (ring_) ring_();
  }

  /// What has come since the last call, in its order.
  std::vector<kafka_event> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(told_, {});
  }

  /// No more calls of `ring`, from when it returns.
  void silence() {
    const std::lock_guard lock(mutex_);
    ring_ = nullptr;
  }

 private:
  std::mutex mutex_;
  std::function<void()> ring_;
  std::vector<kafka_event> told_;
};

}  // namespace kfs
