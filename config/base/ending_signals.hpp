#pragma once

#include <chrono>
#include <csignal>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "config/base/error.hpp"

namespace kfs {

/// Turns SIGTERM and SIGINT into an orderly end of the process.
///
/// The constructor blocks both signals in this thread and in every thread that is started later, so that only wait()
/// receives them. Make it before the first thread.
///
/// Ownership: one per process, made by main().
/// Threading: ask() may be called from any thread, the other methods from the thread that made the object.
class ending_signals {
 public:
  ending_signals();

  /// Waits for one of the signals, or for ask(), and returns the signal's name.
  [[nodiscard]] std::string wait();

  /// Asks the process to end, as SIGTERM does.
  static void ask();

  /// Bounds the end of the process. From now on a second signal ends the process at once; after `bound`, `late` is
  /// called and the process ends. The exit code is 1 in both cases.
  void limit_end(std::chrono::seconds bound, std::function<void()> late);

 private:
  sigset_t signals_{};
};

/// Why the process ends although nobody asked it to; set once, by any thread, which asks for the end.
class untimely_end {
 public:
  void note(const error& reason) {
    {
      const std::lock_guard lock(mutex_);
      if (!reason_) reason_ = reason;
    }
    ending_signals::ask();
  }
  [[nodiscard]] result<void> outcome() const {
    const std::lock_guard lock(mutex_);
    if (reason_) return tl::make_unexpected(*reason_);
    return {};
  }

 private:
  mutable std::mutex mutex_;
  std::optional<error> reason_;
};

}  // namespace kfs
