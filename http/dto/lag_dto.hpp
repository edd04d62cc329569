#pragma once

#include <string>

#include "actors/messages.hpp"
#include "config/base/json.hpp"

namespace kfs {

/// GET /consumergroups/{group_id}/lag.
json group_lag_dto(const std::string& group, const lag_report& report);

/// GET /consumers/{consumer_id}/lag: the same for the consumer's topic, with its id.
json consumer_lag_dto(const consumer_view& consumer, const lag_report& report);

/// GET /consumers/{consumer_id}/history.
json history_dto(const consumer_id& id, const history_steps& steps);

}  // namespace kfs
