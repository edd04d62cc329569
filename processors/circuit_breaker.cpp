#include "processors/circuit_breaker.hpp"

#include <algorithm>

namespace kfs {

std::optional<circuit_breaker::permit> circuit_breaker::admit(clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (state_ == breaker_state::closed) return permit{};
  if (state_ == breaker_state::half_open || now < until_) return std::nullopt;
  become(breaker_state::half_open);
  return permit{.probe = true};
}

void circuit_breaker::answered(permit used) {
  const std::lock_guard lock(mutex_);
  // The answer to a request that was sent before the breaker opened says nothing about the present.
  if (state_ != breaker_state::closed && !used.probe) return;
  faults_ = 0;
  pause_ = std::chrono::milliseconds{0};
  if (state_ != breaker_state::closed) become(breaker_state::closed);
}

void circuit_breaker::faulted(permit used, clock::time_point now, std::chrono::milliseconds pause) {
  const std::lock_guard lock(mutex_);
  if (state_ != breaker_state::closed && !used.probe) return;
  ++faults_;
  if (used.probe || pause.count() > 0 || faults_ >= faults_to_open) open(now, pause);
}

void circuit_breaker::abandoned(permit used, clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (!used.probe) return;
  until_ = now;
  become(breaker_state::open);
}

breaker_state circuit_breaker::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

std::chrono::milliseconds circuit_breaker::remaining(clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  if (state_ != breaker_state::open || now >= until_) return std::chrono::milliseconds{0};
  return std::chrono::ceil<std::chrono::milliseconds>(until_ - now);
}

void circuit_breaker::become(breaker_state next) {
  state_ = next;
  if (changed_) changed_(next);
}

void circuit_breaker::open(clock::time_point now, std::chrono::milliseconds asked) {
  pause_ = std::clamp(2 * pause_, first_pause, longest_pause);
  until_ = now + std::max(pause_, std::min<std::chrono::milliseconds>(asked, longest_asked_pause));
  become(breaker_state::open);
}

}  // namespace kfs
