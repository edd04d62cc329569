#pragma once

#include "actors/messages.hpp"
#include "config/base/json.hpp"

namespace kfs {

/// GET /consumers/{consumer_id}/status: everything that is observed of a consumer, and the policies that apply.
json status_dto(const consumer_view& view);

}  // namespace kfs
