#pragma once

#include <chrono>
#include <optional>
#include <utility>

#include "actors/core/own_standstill.hpp"
#include "processors/lifeline.hpp"

namespace kfs {

/// Judges from its gauge and its answers whether a processor works, hangs, or waits for its destination.
///
/// Threading: none; time is an argument. The gauge is written by another thread.
class processor_watch {
 public:
  using clock = std::chrono::steady_clock;
  /// A watcher whose ticks are further apart than this stood still itself.
  static constexpr std::chrono::seconds longest_tick{8};

  /// `patience`: how long a processor may be at work without a sign of life, or have work without an answer. `silence`:
  /// how long its destination may not respond before that is a fault.
  processor_watch(clock::duration patience, clock::duration silence, clock::time_point at)
      : patience_(patience), silence_(silence), moved_(at) {}

  /// The watcher's tick.
  void ticked(clock::time_point at) { standstill_.ticked(at); }
  /// The processor has answered, or was asked something when it had nothing to do.
  void moved(clock::time_point at) { moved_ = at; }
  /// Another actor took the place of the processor, and is asked to prove that it works.
  void replaced(clock::time_point at);
  /// The new actor has proved that it works. Returns false when it did so before.
  bool proved() { return std::exchange(proving_, false); }
  /// The processor has told how it is doing.
  void reported() { waiting_ = proving_ = false; }

  /// How long the destination has not responded, when that is too long; nullopt otherwise.
  [[nodiscard]] std::optional<clock::duration> silent_for(const work_gauge& gauge, clock::time_point at) const;
  /// The silence of the destination was reported as a fault.
  void waits_for_destination() { waiting_ = true; }
  /// Whether a fault of the destination is over although the call goes on.
  [[nodiscard]] bool destination_recovered(const work_gauge& gauge, clock::time_point at);

  /// How long the running call has given no sign of life, when that is too long; nullopt otherwise.
  [[nodiscard]] std::optional<clock::duration> hangs_for(const work_gauge& gauge, clock::time_point at) const;
  /// How long the processor has had work (`busy`) without calling its sink and without an answer, when that is too
  /// long; nullopt otherwise.
  [[nodiscard]] std::optional<clock::duration> idle_for(const work_gauge& gauge, bool busy, clock::time_point at) const;

  /// The processor was told to end.
  void told_to_end() { stuck_ = true; }
  /// The processor was told to end, and has not ended.
  [[nodiscard]] bool stuck() const noexcept { return stuck_; }

 private:
  const clock::duration patience_;
  const clock::duration silence_;
  own_standstill standstill_{longest_tick};
  clock::time_point moved_;
  bool stuck_ = false;
  bool waiting_ = false;  ///< the silence of its destination was reported
  bool proving_ = false;  ///< it took the place of another, and has reported nothing yet
};

}  // namespace kfs
