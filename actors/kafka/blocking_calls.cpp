#include "actors/kafka/blocking_calls.hpp"

#include <deque>
#include <mutex>
#include <utility>

#include "actors/kafka/departures.hpp"

namespace kfs {

/// What waits, and how many threads see to it. Shared with the threads.
struct blocking_calls::line {
  std::mutex mutex;
  std::deque<std::function<void()>> waiting;
  std::size_t threads = 0;

  /// The next call; none, and the thread counts no more: there is nothing to do.
  std::function<void()> next(bool hurry) {
    std::deque<std::function<void()>> dropped;  // destroyed outside the lock: who is let go of may be a client
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
    : threads_(threads), most_threads_(most_threads), most_waiting_(most_waiting), line_(std::make_shared<line>()) {}

bool blocking_calls::make(std::function<void()> call) {
  const std::lock_guard lock(line_->mutex);
  if (line_->waiting.size() >= most_waiting_) return false;
  line_->waiting.push_back(std::move(call));
  if (line_->threads >= most_threads_) return true;
  const auto work = [of = line_](const std::stop_token& hurry) {
    while (const auto next = of->next(hurry.stop_requested())) next();
    return true;
  };
  if (threads_.lend_thread(work)) {
    ++line_->threads;
  } else if (line_->threads == 0) {  // else those that are there see to it
    line_->waiting.pop_back();
    return false;
  }
  return true;
}

}  // namespace kfs
