#include "http/dto/cluster_dto.hpp"

#include <algorithm>
#include <span>

namespace kfs {
namespace {

json to_dto(const replica_view& replica) {
  return {{"replica", replica.replica.value},
          {"address", replica.address.empty() ? json() : json(replica.address)},
          {"linked", replica.linked},
          {"state", to_string(replica.state)},
          {"version", replica.version},
          {"started_at", to_rfc3339(replica.started_at)},
          {"last_seen_at", to_rfc3339(replica.last_seen_at)},
          {"instances", replica.instances},
          {"capacity", replica.capacity ? json(*replica.capacity) : json()}};
}

json to_dto(const assignment_view& assignment) {
  return {{"consumer_id", assignment.instance.consumer.value},
          {"instance", assignment.instance.number},
          {"replica", assignment.replica.value},
          {"epoch", assignment.term.value},
          {"since", to_rfc3339(assignment.since)}};
}

json to_dto(const unassigned_view& unassigned) {
  return {{"consumer_id", unassigned.instance.consumer.value},
          {"instance", unassigned.instance.number},
          {"reason", unassigned.reason}};
}

template <class Part>
json list_dto(std::span<const Part> parts) {
  json list = json::array();
  for (const auto& part : parts) list.push_back(to_dto(part));
  return list;
}

}  // namespace

json cluster_dto(const cluster_view& cluster, std::size_t limit, std::size_t offset) {
  const std::span<const assignment_view> assignments(cluster.assignments);
  const auto rest = assignments.subspan(std::min(offset, assignments.size()));
  json dto;
  dto["replica"] = cluster.replica.value;
  dto["replicas"] = list_dto<replica_view>(cluster.replicas);
  dto["assignments"] = list_dto(rest.first(std::min(limit, rest.size())));
  dto["unassigned"] = list_dto<unassigned_view>(cluster.unassigned);
  return dto;
}

}  // namespace kfs
