#pragma once

#include <functional>
#include <iterator>
#include <mutex>
#include <utility>
#include <vector>

#include "actors/kafka/ports.hpp"

namespace kfs {

/// Collects the answers of blocking calls that run in other threads, until the owner's next poll takes them.
///
/// Ownership: shared by the owner and the calls that are running.
/// Threading: safe from any thread.
class answer_box {
 public:
  /// `ring` is called, from any thread, for each answer. It must not block.
  explicit answer_box(std::function<void()> ring) : ring_(std::move(ring)) {}

  void put(kafka_event answer) {
    const std::lock_guard lock(mutex_);
    answers_.push_back(std::move(answer));
    if (ring_) ring_();
  }

  /// The answers since the last call, in the order in which they came.
  std::vector<kafka_event> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(answers_, {});
  }

  /// `ring` is not called any more once this function has returned.
  void silence() {
    const std::lock_guard lock(mutex_);
    ring_ = nullptr;
  }

 private:
  std::mutex mutex_;
  std::function<void()> ring_;
  std::vector<kafka_event> answers_;
};

}  // namespace kfs
