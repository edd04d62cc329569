#pragma once

#include <tl/expected.hpp>
#include <vector>

#include "actors/core/offset_change.hpp"
#include "config/base/json.hpp"
#include "config/schema/option_schema.hpp"

namespace kfs {

/// The body of PUT /consumers/{consumer_id}/offsets, or all of its mistakes.
tl::expected<offset_change, std::vector<violation>> read_offset_change(const json& body);

/// Its answer. `shared_with`: other consumers of this server in the group.
json offset_steps_dto(const std::vector<offset_step>& steps, bool applied, const std::vector<consumer_id>& shared_with);

}  // namespace kfs
