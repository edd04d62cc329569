#pragma once

#include <chrono>
#include <optional>
#include <utility>

namespace kfs {

/// Decides when partitions are paused because nothing may be read: the processors have no room, or the rate
/// is reached.
///
/// A consumer without room does not poll, and a member that does not poll leaves its group. So after `patience` the
/// partitions are paused: polling then brings events only, until there is room again.
///
/// Threading: none; time is an argument.
class starvation {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds patience{1'000};

  /// Nothing could be read.
  void no_room(clock::time_point at) {
    if (!since_) since_ = at;
  }

  /// Returns true when the partitions have to be paused now.
  [[nodiscard]] bool pause_due(clock::time_point at) {
    if (paused_ || !since_ || at - *since_ < patience) return false;
    return paused_ = true;
  }

  /// Records may be read again. Returns true when the partitions have to be resumed.
  [[nodiscard]] bool room_again() {
    since_.reset();
    return std::exchange(paused_, false);
  }

  [[nodiscard]] bool starved() const noexcept { return since_.has_value(); }
  [[nodiscard]] bool paused() const noexcept { return paused_; }

 private:
  std::optional<clock::time_point> since_;  ///< when room was first missing; nullopt while there is room
  bool paused_ = false;
};

}  // namespace kfs
