#include "actors/core/consumer_state.hpp"

#include <cstdio>
#include <cstdlib>

namespace kfs {

bool can_follow(consumer_state from, consumer_state to) noexcept {
  using enum consumer_state;
  switch (from) {
    case stopped:
      return to == starting;
    case starting:
      return to == running || to == waiting || to == draining || to == error;
    case running:
      return to == waiting || to == draining || to == error;
    case waiting:
      return to == running || to == draining || to == error;
    case draining:
      return to == stopped || to == error;
    case error:
      return to == starting || to == running || to == waiting || to == draining || to == stopped;
  }
  return false;
}

std::string_view to_string(consumer_state state) noexcept {
  switch (state) {
    case consumer_state::stopped:
      return "stopped";
    case consumer_state::starting:
      return "starting";
    case consumer_state::running:
      return "running";
    case consumer_state::waiting:
      return "waiting";
    case consumer_state::draining:
      return "draining";
    case consumer_state::error:
      return "error";
  }
  return "?";
}

void lifecycle::become(consumer_state next) {
  if (next == now_) return;
  if (!can_follow(now_, next)) {
    std::fprintf(stderr, "bug: a consumer cannot go from %s to %s\n", to_string(now_).data(), to_string(next).data());
    std::abort();
  }
  now_ = next;
}

}  // namespace kfs
