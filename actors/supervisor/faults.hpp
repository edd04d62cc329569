#pragma once

#include <chrono>
#include <functional>

#include "actors/core/own_standstill.hpp"
#include "actors/supervisor/entry.hpp"
#include "config/base/logger.hpp"

namespace kfs {

/// What the supervisor makes of faults: it keeps and tells them, announces attempts and begins them, gives up, and
/// finds children that hang. It says what is to be done (an attempt, a replacement) in the entry, and `reconcile` does
/// it.
///
/// Ownership and threading: of the supervisor. Time is an argument.
class consumer_faults {
 public:
  using clock = std::chrono::steady_clock;

  /// A consumer at rest shows every four seconds that it responds; one that does not for so long is stuck.
  static constexpr std::chrono::seconds child_patience{15};
  /// Beyond the stop time-out, for leaving the group and closing sinks; an end that takes longer hangs.
  static constexpr std::chrono::seconds ending_patience{8};

  /// What it needs of the supervisor.
  struct actions {
    std::function<void(const entry_ptr&)> reconcile;
    std::function<void(const consumer_instance&)> retry;  ///< asks the child to try again now
  };

  consumer_faults(logger log, actions use) : log_(std::move(log)), actions_(std::move(use)) {}

  /// A child told what it observes.
  void observed(const entry_ptr& entry, const instance_ptr& instance, observation_ptr seen, clock::time_point at);
  /// A child ended that was not told to.
  void died(const entry_ptr& entry, const instance_ptr& instance, error why, clock::time_point at);
  /// A user's start: what was wrong is forgotten, and what fails is tried again now.
  void start_again(const entry_ptr& entry);
  /// What was wrong is forgotten, as what is wanted has changed.
  void forget(consumer_entry& entry);
  void forget(consumer_entry& entry, consumer_instance& instance);

  /// The supervisor runs; called regularly, before look_after().
  void came_round(clock::time_point at) { standstill_.ticked(at); }
  /// Begins an attempt that is due and looks whether the child responds.
  void look_after(const entry_ptr& entry, const instance_ptr& instance, clock::time_point at, bool may_start);

 private:
  void failed(const entry_ptr& entry, const instance_ptr& instance, fault_report fault, clock::time_point at);
  void gave_up(const consumer_entry& entry, const consumer_instance& instance);
  void recovered(consumer_entry& entry, consumer_instance& instance, clock::time_point at);
  void attempt(const entry_ptr& entry, const instance_ptr& instance, clock::time_point at);
  void count_restart(consumer_entry& entry, consumer_instance& instance);
  void watch_running(const entry_ptr& entry, const instance_ptr& instance, clock::time_point at);
  void watch_ending(consumer_entry& entry, consumer_instance& instance, clock::time_point at);

  logger log_;
  actions actions_;
  own_standstill standstill_{child_patience / 3};
};

}  // namespace kfs
