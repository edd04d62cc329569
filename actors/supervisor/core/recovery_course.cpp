#include "actors/supervisor/core/recovery_course.hpp"

#include <utility>

namespace kfs {

recovery_course::finding recovery_course::failed(fault_report fault, bool tried_by_child,
                                                 const std::optional<recovery_report>& announced, clock::time_point at,
                                                 timestamp wall_clock) {
  finding found;
  found.is_new = !fault_ || fault_->code != fault.code || fault_->source != fault.source;
  if (!found.is_new) fault.at = fault_->at;  // since when, over restarts
  fault_ = std::move(fault);
  const bool had_given_up = gave_up();
  if (fault_->is_last(options_)) {
    give_up();
  } else if (tried_by_child) {
    if (waits()) course_ = course::idle;
    report_ = announced;
  } else if (course_ == course::idle) {
    static_cast<void>(announce_attempt(at, wall_clock));
  }
  found.gave_up = gave_up() && !had_given_up;
  if (!tried_by_child) fault_->attempts = policy_.attempts();
  return found;
}

void recovery_course::begin_attempt() {
  course_ = course::idle;
}

bool recovery_course::announce_attempt(clock::time_point at, timestamp wall_clock) {
  const auto wait = policy_.failed(at);
  if (!wait) {
    give_up();
    return false;
  }
  course_ = course::waits;
  next_attempt_ = at + *wait;
  report_ = recovery_report{.attempt = policy_.attempts(), .next_attempt_at = wall_clock + *wait};
  return true;
}

void recovery_course::give_up() {
  course_ = course::gave_up;
  report_.reset();
}

bool recovery_course::healthy(clock::time_point at) {
  policy_.healthy(at);
  if (!fault_) return false;
  fault_.reset();
  report_.reset();
  if (waits()) course_ = course::idle;
  return true;
}

void recovery_course::forget() {
  policy_.reset();
  fault_.reset();
  report_.reset();
  course_ = course::idle;
}

std::string recovery_course::why_final() const {
  if (fault_->until_started) return "options.on_error says stop";
  if (options_.is_fatal(fault_->code)) return std::string(to_string(fault_->code)) + " is one of the fatal codes";
  return options_.enabled ? "all attempts were made" : "it is switched off";
}

bool mended_by_restart(ec code) noexcept {
  return code != ec::broker_unreachable && code != ec::broker_silent && code != ec::group_unavailable &&
         code != ec::actor_stuck;
}

}  // namespace kfs
