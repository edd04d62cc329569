#include "http/dto/monitoring_dto.hpp"

#include <algorithm>
#include <set>

namespace kfs {

json groups_dto(const std::vector<std::string>& groups) {
  return {{"consumer_groups", groups}};
}

std::vector<std::string> groups_of(const std::vector<consumer_view_ptr>& consumers) {
  std::set<std::string> groups;
  for (const auto& view : consumers) groups.insert(view->spec->consumer_group);
  return {groups.begin(), groups.end()};
}

json group_dto(const std::string& group, const group_description& described,
               const std::vector<consumer_id>& consumers) {
  json members = json::array();
  for (const auto& member : described.members) {
    json assignments = json::array();
    for (const auto& [topic, partitions] : member.assignments)
      assignments.push_back({{"topic", topic}, {"partitions", partitions}});
    members.push_back({{"member_id", member.member_id},
                       {"client_id", member.client_id},
                       {"host", member.host},
                       {"group_instance_id", member.group_instance_id ? json(*member.group_instance_id) : json()},
                       {"assignments", std::move(assignments)}});
  }
  json ids = json::array();
  for (const auto& id : consumers) ids.push_back(id.value);
  return {
      {"group_id", group},
      {"state", described.state},
      {"protocol_type", described.is_simple ? json() : json("consumer")},
      {"assignor", described.assignor.empty() ? json() : json(described.assignor)},
      {"coordinator",
       {{"id", described.coordinator_id}, {"host", described.coordinator_host}, {"port", described.coordinator_port}}},
      {"members", std::move(members)},
      {"consumers", std::move(ids)}};
}

json group_offsets_dto(const std::string& group, const std::vector<committed_offset>& offsets) {
  json entries = json::array();
  for (const auto& committed : offsets) {
    entries.push_back({{"topic", committed.topic},
                       {"partition", committed.partition},
                       {"current_offset", committed.position.value},
                       {"metadata", committed.metadata ? json(*committed.metadata) : json()}});
  }
  return {{"group_id", group}, {"offsets", std::move(entries)}};
}

json offsets_by_topic_dto(const std::vector<committed_offset>& offsets) {
  json topics = json::object();
  for (const auto& committed : offsets) {
    topics[committed.topic][std::to_string(committed.partition)] = committed.position.value;
  }
  return topics;
}

json lag_dto(const std::vector<partition_lag>& lags) {
  json partitions = json::object();
  for (const auto& lag : lags) {
    partitions[std::to_string(lag.partition)] = {
        {"current_offset", lag.current.value},
        {"log_end_offset", lag.log_end.value},
        {"lag", std::max<std::int64_t>(0, lag.log_end.value - lag.current.value)}};
  }
  return partitions;
}

}  // namespace kfs
