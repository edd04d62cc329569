#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>

#include "config/base/ids.hpp"

namespace kfs {

/// Lets one command of each consumer run at a time, in the order of arrival.
///
/// A turn belongs to whoever holds a copy of it: it ends when the last copy is destroyed, whether the command was
/// finished, its answer was lost, or it threw. The next command then begins in a call of its own (hand_over), never
/// inside the destructor of the turn before.
///
/// Ownership: of the supervisor; a turn may outlive it and then does nothing.
/// Threading: none; one actor.
class turns {
  struct queues;
  class holder;

 public:
  /// The right to run commands of one consumer.
  class turn {
   public:
    turn() = default;  ///< holds nothing
    [[nodiscard]] explicit operator bool() const noexcept { return held_ != nullptr; }

   private:
    friend class turns;
    explicit turn(std::shared_ptr<holder> held) : held_(std::move(held)) {}
    std::shared_ptr<holder> held_;
  };
  using command = std::function<void(const turn&)>;

  /// Commands of one consumer that may wait.
  static constexpr std::size_t most_waiting = 128;

  /// `wake` is called when a turn has ended and another command waits: it must lead to a later call of hand_over().
  /// It is called by destructors, and must not throw.
  explicit turns(std::function<void(const consumer_id&)> wake);

  /// Runs the command now, or when those before it are done. False: too many wait already.
  [[nodiscard]] bool take(const consumer_id& id, command run);

  /// A turn outside the queue; empty when another command of that consumer runs.
  [[nodiscard]] turn try_take(const consumer_id& id);

  /// Whether a command of that consumer runs.
  [[nodiscard]] bool taken(const consumer_id& id) const;

  /// Begins the command that waits longest, after `wake`.
  void hand_over(const consumer_id& id);

 private:
  std::shared_ptr<queues> queues_;
};

}  // namespace kfs
