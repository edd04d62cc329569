#pragma once

#include "actors/messages.hpp"
#include "config/base/json.hpp"

namespace kfs {

/// "running", "backing_off", "stuck" or "stopped".
std::string_view to_string(processor_state state) noexcept;

/// "closed", "half_open" or "open".
std::string_view to_string(breaker_state state) noexcept;

/// GET /consumers/{consumer_id}/status: everything that is observed of a consumer, and the policies that apply.
json status_dto(const consumer_view& view);

}  // namespace kfs
