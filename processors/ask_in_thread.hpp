#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

namespace kfs {

/// Calls `ask`, which may block for any time, in a thread of its own. Returns its result, or nullopt when there is none
/// within `patience` or before `cancelled`. The thread is then left behind.
///
/// Ownership: `ask` owns all that it uses, as it may outlive the caller and everything else. It must not throw.
/// Threading: safe from any thread.
template <class T>
std::optional<T> ask_in_thread(std::function<T()> ask, std::chrono::milliseconds patience,
                               const std::stop_token& cancelled = {}) {
  struct inquiry {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::optional<T> answer;
  };
  const auto shared = std::make_shared<inquiry>();
  std::thread([shared, ask = std::move(ask)] {
    auto answer = ask();
    const std::lock_guard held(shared->mutex);
    shared->answer = std::move(answer);
    shared->changed.notify_all();
  }).detach();
  std::unique_lock held(shared->mutex);
  shared->changed.wait_for(held, cancelled, patience, [&] { return shared->answer.has_value(); });
  return std::exchange(shared->answer, std::nullopt);
}

}  // namespace kfs
