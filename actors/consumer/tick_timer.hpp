#pragma once

#include <chrono>
#include <optional>

#include "actors/interfaces.hpp"

namespace kfs {

/// Wakes a consumer with a tick when one is due.
///
/// Ownership and threading: part of one consumer actor.
class tick_timer {
 public:
  /// What is durable is committed at every tick.
  static constexpr std::chrono::milliseconds interval{1'000};
  /// While nothing is to be committed or waited for: the cost of ticks adds up over a thousand consumers at rest.
  static constexpr std::chrono::milliseconds resting_interval{4'000};
  static constexpr std::chrono::milliseconds ending_interval{20};

  explicit tick_timer(consumer_actor::pointer self) : self_(self) {}

  /// A tick comes after this time at the latest. Of several ticks under way the first counts; the others find nothing
  /// to do.
  void within(std::chrono::milliseconds bound) {
    const auto due = self_->clock().now() + bound;
    if (next_ && *next_ <= due) return;
    next_ = due;
    self_->delayed_send(self_, bound, tick_atom::value);
  }

  /// A tick has come.
  void ticked() {
    if (next_ && self_->clock().now() >= *next_) next_.reset();
  }

 private:
  consumer_actor::pointer self_;
  std::optional<std::chrono::steady_clock::time_point> next_;  ///< nullopt when no tick is under way
};

}  // namespace kfs
