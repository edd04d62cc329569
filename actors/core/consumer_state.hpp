#pragma once

#include <cstdint>
#include <string_view>

namespace kfs {

/// The state of one consumer. The status that users see follows from it: stopped is INACTIVE, error is ERROR, and every
/// other state is ACTIVE (a consumer that is draining still writes).
enum class consumer_state : std::uint8_t {
  stopped,   ///< nothing runs. Left by a start.
  starting,  ///< its actor runs and is not known to be healthy yet. Left by health, a fault, or a stop.
  running,   ///< a member of its group, consuming. Left by a fault, a stop, or when a sink has no room.
  waiting,   ///< healthy, but it reads nothing because a sink has no room, or the rate is reached. Left by room, a
             ///< fault, or a stop.
  draining,  ///< reads no more, writes and commits the batches in hand. Left when that is done or given up.
  error,     ///< has a fault (last_error). Left by recovery, a start or a stop.
};

/// Whether a consumer may change from one state to another: the only table of legal transitions.
bool can_follow(consumer_state from, consumer_state to) noexcept;

std::string_view to_string(consumer_state state) noexcept;

/// Holds a state and allows only legal transitions. An illegal one is a bug: it aborts with the names of both states.
class lifecycle {
 public:
  [[nodiscard]] consumer_state now() const noexcept { return now_; }
  /// Changes the state to `next`. Nothing changes when that is the present state.
  void become(consumer_state next);

 private:
  consumer_state now_ = consumer_state::stopped;
};

}  // namespace kfs
