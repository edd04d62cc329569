#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>

namespace kfs {

/// Whether somebody is inside a sink's call, and since when nothing has been heard of it. Watched by who cannot look
/// into the thread that makes the call.
///
/// Threading: written by the one who works, read by anyone.
class work_gauge {
 public:
  using clock = std::chrono::steady_clock;

  /// A call begins, or shows that it is alive. Not at the clock's very beginning, which stands for "nobody".
  void alive(clock::time_point at) noexcept { since_.store(at.time_since_epoch().count(), std::memory_order_relaxed); }
  void left() noexcept { since_.store(0, std::memory_order_relaxed); }

  /// Since when the call under way has given no sign; none: there is none.
  [[nodiscard]] std::optional<clock::time_point> quiet_since() const noexcept {
    const auto since = since_.load(std::memory_order_relaxed);
    if (since == 0) return std::nullopt;
    return clock::time_point(clock::duration(since));
  }

 private:
  std::atomic<clock::rep> since_{0};
};

/// What ties a sink to whoever watches over it.
struct lifeline {
  /// Asks to stop when what the sink waits for shall be given up, soon and with an error.
  std::stop_token cancelled = {};
  /// A sink whose one call can last shows here that it is alive; null: nobody looks.
  std::shared_ptr<work_gauge> gauge = {};
};

}  // namespace kfs
