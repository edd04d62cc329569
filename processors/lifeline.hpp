#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>

namespace kfs {

/// Tells whether a call of a sink is running, since when it has given no sign of life, and since when its destination
/// has not responded. A watcher reads it that cannot look into the thread of the call.
///
/// Threading: written by the thread of the call, read by any thread. The very first moment of the clock stands for
/// "no call", so it is no valid time.
class work_gauge {
 public:
  using clock = std::chrono::steady_clock;

  /// A call begins.
  void entered(clock::time_point at) noexcept {
    taken_.store(false, std::memory_order_relaxed);
    set(answered_, at);
    set(alive_, at);
  }
  /// The running call shows that it is alive, whatever its destination does.
  void alive(clock::time_point at) noexcept { set(alive_, at); }
  /// The destination has responded.
  void answered(clock::time_point at) noexcept {
    set(answered_, at);
    set(alive_, at);
  }
  /// The destination has accepted records of a call that goes on.
  void took(clock::time_point at) noexcept {
    taken_.store(true, std::memory_order_relaxed);
    answered(at);
  }
  void left() noexcept { alive_.store(0, std::memory_order_relaxed); }

  /// Start of the current silent period; nullopt when no call is running.
  [[nodiscard]] std::optional<clock::time_point> quiet_since() const noexcept { return get(alive_); }
  /// When the destination last responded, or the call began; nullopt when no call is running.
  [[nodiscard]] std::optional<clock::time_point> unanswered_since() const noexcept {
    return quiet_since() ? get(answered_) : std::nullopt;
  }
  /// Whether the destination has accepted records of the running call.
  [[nodiscard]] bool takes() const noexcept { return quiet_since() && taken_.load(std::memory_order_relaxed); }

 private:
  using moment = std::atomic<clock::rep>;

  static void set(moment& stored, clock::time_point at) noexcept {
    stored.store(at.time_since_epoch().count(), std::memory_order_relaxed);
  }
  static std::optional<clock::time_point> get(const moment& stored) noexcept {
    const auto since = stored.load(std::memory_order_relaxed);
    if (since == 0) return std::nullopt;
    return clock::time_point(clock::duration(since));
  }

  moment alive_{0};  ///< 0 when no call is running
  moment answered_{0};
  std::atomic<bool> taken_{false};
};

/// Connects a sink with its watcher.
struct lifeline {
  /// Asks the sink to give up what it waits for, soon and with an error.
  std::stop_token cancelled = {};
  /// Where a sink with long calls shows that it is alive; null when nobody watches.
  std::shared_ptr<work_gauge> gauge = {};
};

}  // namespace kfs
