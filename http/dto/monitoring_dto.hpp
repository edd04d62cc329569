#pragma once

#include "actors/messages.hpp"
#include "config/base/json.hpp"

namespace kfs {

/// GET /consumergroups: {"consumer_groups": […]}.
json groups_dto(const std::vector<std::string>& groups);

/// The distinct groups of the consumers, sorted.
std::vector<std::string> groups_of(const std::vector<consumer_view_ptr>& consumers);

/// GET /consumergroups/{group_id}. `consumers`: those of this server in the group.
json group_dto(const std::string& group, const group_description& described, const std::vector<consumer_id>& consumers);

/// GET /consumergroups/{group_id}/offsets.
json group_offsets_dto(const std::string& group, const std::vector<committed_offset>& offsets);

/// GET /monitor/consumer-group-offsets: topic → partition → committed offset.
json offsets_by_topic_dto(const std::vector<committed_offset>& offsets);

/// GET /monitor/consumer-group-lag: partition → current offset, log-end offset, lag. Lag is never below 0.
json lag_dto(const std::vector<partition_lag>& lags);

}  // namespace kfs
