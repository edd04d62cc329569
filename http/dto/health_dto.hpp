#pragma once

#include <string>

#include "actors/messages.hpp"
#include "config/base/json.hpp"

namespace kfs {

/// Why the replica cannot serve requests now; nullopt when it can.
std::optional<std::string> why_not_ready(const server_health& health);

/// {"status":"UP"}, or {"status":"DOWN","detail":…}.
json health_summary_dto(const std::optional<std::string>& reason);

/// GET /health: each part, each consumer and each of its processors. `status` is DOWN while the store does not answer,
/// else DEGRADED while a consumer is in ERROR, else UP.
json health_dto(const server_health& health, const std::vector<consumer_view_ptr>& consumers,
                const std::string& version);

}  // namespace kfs
