#pragma once

#include <cstdint>
#include <string_view>

namespace kfs {

/// Where one consumer is in its life. What users see as status is derived from it: stopped is INACTIVE, error is ERROR,
/// everything else ACTIVE (a consumer that is draining still writes).
enum class consumer_state : std::uint8_t {
  stopped,   ///< nothing runs. Left by a start.
  starting,  ///< its actor runs and is not known to be healthy yet. Left when it is, by a fault, or by a stop.
  running,   ///< a member of its group, consuming. Left by a fault, a stop, or when a sink falls behind.
  paused,    ///< healthy, but its partitions are paused because a sink has no room. Left when it has.
  draining,  ///< stops reading, writes and commits what is in hand. Left when that is done or given up.
  error,     ///< something is wrong (last_error says what). Left by recovery, a start or a stop.
};

/// The one table of legal transitions.
bool can_follow(consumer_state from, consumer_state to) noexcept;

std::string_view to_string(consumer_state state) noexcept;

/// Holds a state and lets only legal transitions happen; an illegal one is a bug and aborts with both names.
class lifecycle {
 public:
  [[nodiscard]] consumer_state now() const noexcept { return now_; }
  /// Moves to `next`. Moving to where it is already changes nothing.
  void become(consumer_state next);

 private:
  consumer_state now_ = consumer_state::stopped;
};

}  // namespace kfs
