#pragma once

#include <string_view>

#include "actors/messages.hpp"

namespace kfs {

/// "ACTIVE", "INACTIVE" or "ERROR".
std::string_view to_string(consumer_status status) noexcept;

/// "running", "backing_off", "stuck" or "stopped".
std::string_view to_string(processor_state state) noexcept;

/// "closed", "half_open" or "open".
std::string_view to_string(breaker_state state) noexcept;

}  // namespace kfs
