#pragma once

#include <cstdint>

namespace kfs {

/// What is wanted of a consumer and what is known of it, as far as that decides what happens next.
struct consumer_situation {
  bool wanted = false;    ///< it shall run here, and the server is not ending
  bool runs = false;      ///< it has a child
  bool drains = false;    ///< the child was told to end
  bool outdated = false;  ///< the child is to be replaced
  bool waits = false;     ///< a back-off has to end before the next start
  bool gave_up = false;   ///< recovery has ended
};

/// What the supervisor does next about a consumer.
enum class next_step : std::uint8_t {
  none,   ///< what runs is what is wanted
  start,  ///< spawn a child
  drain,  ///< tell the child to end
  wait,   ///< until the child has ended
};

/// The one decision that starts and ends children.
constexpr next_step decide(const consumer_situation& now) noexcept {
  if (now.runs) {
    if (now.wanted && !now.outdated && !now.gave_up) return next_step::none;
    return now.drains ? next_step::wait : next_step::drain;
  }
  return now.wanted && !now.gave_up && !now.waits ? next_step::start : next_step::none;
}

}  // namespace kfs
