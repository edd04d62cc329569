#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "actors/core/restart_policy.hpp"
#include "actors/messages.hpp"

namespace kfs {

/// What is wrong with one consumer, and what recovery does about it: whether an attempt is due, announced, under way,
/// or none is made any more.
///
/// Ownership: one per consumer and configuration.
/// Threading: none; time is an argument.
class recovery_course {
 public:
  using clock = restart_policy::clock;

  /// What failed() found.
  struct finding {
    bool is_new = false;   ///< another fault than before
    bool gave_up = false;  ///< recovery ends with this fault
  };

  recovery_course(recovery_options options, std::uint64_t seed) : options_(options), policy_(options, seed) {}

  /// A fault was observed. With `tried_by_child`, the child tries again by itself and says when (`announced`).
  finding failed(fault_report fault, bool tried_by_child, const std::optional<recovery_report>& announced,
                 clock::time_point at, timestamp wall_clock);

  /// The child hangs at its end. That is told, and nothing is tried.
  void hangs(fault_report fault) { fault_ = std::move(fault); }

  /// The announced attempt begins.
  void begin_attempt();

  /// Announces the next attempt. False: recovery ends, as no attempt is left.
  [[nodiscard]] bool announce_attempt(clock::time_point at, timestamp wall_clock);

  /// Health was observed. True: a fault is over.
  bool healthy(clock::time_point at);

  /// A user starts or changes the consumer: what was is forgotten.
  void forget();

  /// The fault ended with the child that had it.
  void forget_fault() { fault_.reset(); }

  /// What is wrong; stays until health is observed, over restarts of the child. nullopt when nothing is known to be.
  [[nodiscard]] const std::optional<fault_report>& fault() const noexcept { return fault_; }
  /// The attempt that is announced or under way; nullopt when none is.
  [[nodiscard]] const std::optional<recovery_report>& report() const noexcept { return report_; }
  /// Whether only a user's start or change tries again.
  [[nodiscard]] bool gave_up() const noexcept { return course_ == course::gave_up; }
  [[nodiscard]] bool waits() const noexcept { return course_ == course::waits; }
  [[nodiscard]] bool is_due(clock::time_point at) const noexcept { return waits() && next_attempt_ <= at; }
  [[nodiscard]] std::int64_t attempts() const noexcept { return policy_.attempts(); }
  /// Why recovery gave up, as part of a sentence.
  [[nodiscard]] std::string why_final() const;

 private:
  enum class course : std::uint8_t {
    idle,     ///< nothing is announced: all is well, an attempt is under way, or the child tries by itself
    waits,    ///< until next_attempt_
    gave_up,  ///< for good
  };
  void give_up();

  recovery_options options_;
  restart_policy policy_;
  std::optional<fault_report> fault_;
  std::optional<recovery_report> report_;
  course course_ = course::idle;
  clock::time_point next_attempt_;  ///< while course_ is waits
};

/// Whether a new client may get past that fault: it is about what a client asks the cluster once, when it starts. A
/// broker that does not answer is not among these, since a running client reconnects sooner than any restart.
bool mended_by_restart(ec code) noexcept;

}  // namespace kfs
