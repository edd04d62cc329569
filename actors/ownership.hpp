#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/base/ids.hpp"

namespace kfs {

/// The right to run one consumer instance.
struct instance_tenure {
  std::uint64_t epoch = 0;  ///< greater than that of every earlier owner of the instance
  std::chrono::steady_clock::time_point since;
  std::optional<std::chrono::steady_clock::time_point> until;  ///< nullopt when it ends only by being taken back
  bool ending = false;    ///< to be given up in order: what is in hand is finished, then vacated() is called
  bool handed_on = true;  ///< another replica may take the instance over when this one gives it up
  bool operator==(const instance_tenure&) const = default;
};

/// Who has the right to run an instance, as far as this replica knows.
struct instance_owner {
  std::string replica;
  std::uint64_t epoch = 0;
  bool lost = false;  ///< it is not heard of any more, and nobody has taken the instance over yet
  bool operator==(const instance_owner&) const = default;
};

/// Decides which consumer instances this replica runs, from when until when. The supervisor asks; it starts nothing
/// that is not owned, and stops what is no longer owned.
///
/// Ownership: outlives the supervisor that asks.
/// Threading: everything but listen() is called by the supervisor's thread; where replicas share the consumers,
/// tenure(), owner() and is_renewed() also by any thread (owned_leases). A listener may be called by any thread.
class ownership {
 public:
  using clock = std::chrono::steady_clock;
  /// Receives the consumer whose tenure changed; nullopt when any may have changed.
  using listener = std::function<void(const std::optional<consumer_id>&)>;

  virtual ~ownership() = default;

  /// The tenure of that instance on this replica; nullopt when it has none.
  [[nodiscard]] virtual std::optional<instance_tenure> tenure(const consumer_id& consumer, int instance) const = 0;

  /// Who has the right to run that instance, this replica or another; nullopt when nobody has.
  [[nodiscard]] virtual std::optional<instance_owner> owner(const consumer_id& consumer, int instance) const = 0;

  /// The instances of that consumer of which somebody has the right to run them, this replica or another. Empty where
  /// the right is for all instances of all consumers.
  [[nodiscard]] virtual std::vector<int> instances_held(const consumer_id& consumer) const = 0;

  /// Why no replica shall run that instance, in a sentence; empty when one shall.
  [[nodiscard]] virtual std::string why_nobody(const consumer_id& consumer, int instance) const = 0;

  /// Whether the right to run instances can be renewed, as far as is known at `at`.
  [[nodiscard]] virtual bool is_renewed(clock::time_point at) const = 0;

  /// When the question was asked whose answer owner() repeats.
  [[nodiscard]] virtual clock::time_point seen_at() const = 0;

  /// Somebody waits for what owner() says of the consumer after a look that begins later than now. The listener is told
  /// of it after the next look; whoever still waits then asks again.
  virtual void look_again(const consumer_id& consumer) { static_cast<void>(consumer); }

  /// That instance does not run here, although there is a tenure of that epoch that is ending.
  virtual void vacated(const consumer_id& consumer, int instance, std::uint64_t epoch) = 0;

  /// Replaces the listener. It is called after each change that the supervisor did not cause itself.
  virtual void listen(listener changed) = 0;

  /// Whether this replica may run that instance at `at`.
  [[nodiscard]] bool owns(const consumer_id& consumer, int instance, clock::time_point at) const {
    const auto held = tenure(consumer, instance);
    return held && !held->ending && held->since <= at && (!held->until || at < *held->until);
  }
};

}  // namespace kfs
