#include "actors/status_names.hpp"

namespace kfs {

std::string_view to_string(consumer_status status) noexcept {
  switch (status) {
    case consumer_status::active:
      return "ACTIVE";
    case consumer_status::inactive:
      return "INACTIVE";
    case consumer_status::error:
      return "ERROR";
  }
  return "ERROR";
}

std::string_view to_string(processor_state state) noexcept {
  switch (state) {
    case processor_state::running:
      return "running";
    case processor_state::backing_off:
      return "backing_off";
    case processor_state::stuck:
      return "stuck";
    case processor_state::stopped:
      return "stopped";
  }
  return "stopped";
}

std::string_view to_string(breaker_state state) noexcept {
  switch (state) {
    case breaker_state::closed:
      return "closed";
    case breaker_state::half_open:
      return "half_open";
    case breaker_state::open:
      return "open";
  }
  return "open";
}

}  // namespace kfs
