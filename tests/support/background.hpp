#pragma once

#include <functional>
#include <future>
#include <stop_token>
#include <thread>
#include <type_traits>
#include <utility>

namespace kfs::test {

/// Work in a thread of its own. What it throws fails the test, in finish(); in a plain thread it would end the process.
///
/// Threading: one thread uses this object. When it is destroyed, it asks the work to end and waits for that.
class background {
 public:
  background() = default;

  /// `work` takes a stop token, or nothing.
  template <class Work>
  explicit background(Work work) {
    std::packaged_task<void(std::stop_token)> task([work = std::move(work)](const std::stop_token& ends) mutable {
      if constexpr (std::is_invocable_v<Work&, const std::stop_token&>) {
        work(ends);
      } else {
        work();
      }
    });
    outcome_ = task.get_future();
    thread_ = std::jthread(std::move(task));
  }

  /// Waits for the work, which is not asked to end; throws what it has thrown. Does nothing the second time.
  void finish() {
    if (outcome_.valid()) outcome_.get();
  }

  /// The same, and asks it to end.
  void stop() {
    thread_.request_stop();
    finish();
  }

 private:
  std::future<void> outcome_;
  std::jthread thread_;
};

}  // namespace kfs::test
