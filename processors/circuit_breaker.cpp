#include "processors/circuit_breaker.hpp"

#include <algorithm>
#include <utility>

namespace kfs {

std::optional<circuit_breaker::permit> circuit_breaker::admit(clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (state_ == breaker_state::closed) return permit{};
  if (state_ == breaker_state::half_open || now < until_) return std::nullopt;
  become(breaker_state::half_open);
  return permit{.probe = true};
}

void circuit_breaker::answered(permit held, clock::time_point now) {
  const std::lock_guard lock(mutex_);
  // The answer to a request that was sent before the breaker opened says nothing about the present.
  if (state_ != breaker_state::closed && !held.probe) return;
  count(now, false);
  run_ = 0;
  last_answered_ = now;
  asked_until_ = {};
  pause_ = std::chrono::milliseconds{0};
  if (state_ != breaker_state::closed) become(breaker_state::closed);
}

void circuit_breaker::faulted(permit held, clock::time_point now, std::chrono::milliseconds asked) {
  const std::lock_guard lock(mutex_);
  if (state_ != breaker_state::closed && !held.probe) return;
  count(now, true);
  if (run_++ == 0) run_began_ = now;
  asked_until_ = std::max(asked_until_, now + std::min<std::chrono::milliseconds>(asked, longest_asked_pause));
  if (held.probe || is_down(now)) open(now);
}

void circuit_breaker::abandoned(permit held, clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (!held.probe) return;
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

void circuit_breaker::count(clock::time_point now, bool fault) {
  if (now - window_began_ >= window) {
    earlier_ = now - window_began_ < 2 * window ? current_ : tally{};
    current_ = {};
    window_began_ = now;
  }
  ++current_.requests;
  if (fault) ++current_.faults;
}

/// Whether the latest fault shows that the endpoint is down.
bool circuit_breaker::is_down(clock::time_point now) const {
  if (run_ >= longest_run || (run_ >= shortest_run && now - run_began_ >= patience)) return true;
  const bool asks = asked_until_ > now;
  if (asks && (!last_answered_ || now - *last_answered_ >= patience)) return true;
  const auto requests = earlier_.requests + current_.requests;
  const auto faults = earlier_.faults + current_.faults;
  return requests >= fewest_counted && 10 * faults >= 9 * requests;
}

void circuit_breaker::become(breaker_state next) {
  state_ = next;
  if (changed_) changed_(next);
}

/// What was counted so far is forgotten, so that the breaker judges anew once it is closed.
void circuit_breaker::open(clock::time_point now) {
  pause_ = std::clamp(2 * pause_, first_pause, longest_pause);
  until_ = std::max(now + pause_, std::exchange(asked_until_, {}));
  run_ = 0;
  earlier_ = current_ = {};
  become(breaker_state::open);
}

}  // namespace kfs
