#include "actors/kafka/blocking_calls.hpp"

#include <deque>
#include <mutex>
#include <utility>

#include "actors/kafka/departures.hpp"

namespace kfs {

/// The calls that wait, and the number of threads that make them. Shared with those threads.
struct blocking_calls::call_queue {
  std::mutex mutex;
  std::deque<std::function<void()>> waiting;
  std::size_t threads = 0;

  /// The next call. Null when no call waits; the thread is then no longer counted and must end.
  std::function<void()> next(bool hurry) {
    // Destroyed outside the lock: a call may hold the last reference to a Kafka client.
    std::deque<std::function<void()>> dropped;
    const std::lock_guard lock(mutex);
    if (hurry) dropped.swap(waiting);
    if (waiting.empty()) {
      --threads;
      return {};
    }
    auto call = std::move(waiting.front());
    waiting.pop_front();
    return call;
  }
};

blocking_calls::blocking_calls(departures& threads, std::size_t most_threads, std::size_t most_waiting)
    : threads_(threads),
      most_threads_(most_threads),
      most_waiting_(most_waiting),
      queue_(std::make_shared<call_queue>()) {}

bool blocking_calls::make(std::function<void()> call) {
  const std::lock_guard lock(queue_->mutex);
  if (queue_->waiting.size() >= most_waiting_) return false;
  queue_->waiting.push_back(std::move(call));
  if (queue_->threads >= most_threads_) return true;
  const auto work = [queue = queue_](const std::stop_token& hurry) {
    while (const auto next = queue->next(hurry.stop_requested())) next();
    return true;
  };
  if (threads_.lend_thread(work)) {
    ++queue_->threads;
  } else if (queue_->threads == 0) {  // otherwise one of the running threads makes the call
    queue_->waiting.pop_back();
    return false;
  }
  return true;
}

}  // namespace kfs
