#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>

namespace kfs {

/// Whether somebody is inside a sink's call, and since when nothing has been heard of it, of its destination, or been
/// taken by that. Watched by who cannot look into the thread that makes the call.
///
/// Threading: written by the one who works, read by anyone. Times are not the clock's very beginning, which stands for
/// "nobody".
class work_gauge {
 public:
  using clock = std::chrono::steady_clock;

  /// A call begins.
  void entered(clock::time_point at) noexcept {
    taken_.store(false, std::memory_order_relaxed);
    set(answered_, at);
    set(alive_, at);
  }
  /// The call under way shows that it is alive, whatever its destination does.
  void alive(clock::time_point at) noexcept { set(alive_, at); }
  /// The destination has said something.
  void answered(clock::time_point at) noexcept {
    set(answered_, at);
    set(alive_, at);
  }
  /// The destination has taken records of a call that goes on.
  void took(clock::time_point at) noexcept {
    taken_.store(true, std::memory_order_relaxed);
    answered(at);
  }
  void left() noexcept { alive_.store(0, std::memory_order_relaxed); }

  /// Since when the call under way has given no sign; none: there is none.
  [[nodiscard]] std::optional<clock::time_point> quiet_since() const noexcept { return get(alive_); }
  /// Since when its destination has said nothing; none: there is no call under way.
  [[nodiscard]] std::optional<clock::time_point> unanswered_since() const noexcept {
    return quiet_since() ? get(answered_) : std::nullopt;
  }
  /// Whether the call under way has brought records to its destination already.
  [[nodiscard]] bool takes() const noexcept { return quiet_since() && taken_.load(std::memory_order_relaxed); }

 private:
  using moment = std::atomic<clock::rep>;

  static void set(moment& what, clock::time_point at) noexcept {
    what.store(at.time_since_epoch().count(), std::memory_order_relaxed);
  }
  static std::optional<clock::time_point> get(const moment& what) noexcept {
    const auto since = what.load(std::memory_order_relaxed);
    if (since == 0) return std::nullopt;
    return clock::time_point(clock::duration(since));
  }

  moment alive_{0};  ///< 0: nobody is inside
  moment answered_{0};
  std::atomic<bool> taken_{false};
};

/// What ties a sink to whoever watches over it.
struct lifeline {
  /// Asks to stop when what the sink waits for shall be given up, soon and with an error.
  std::stop_token cancelled = {};
  /// A sink whose one call can last shows here that it is alive; null: nobody looks.
  std::shared_ptr<work_gauge> gauge = {};
};

}  // namespace kfs
