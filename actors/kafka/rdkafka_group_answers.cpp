#include "actors/kafka/rdkafka_group_answers.hpp"

#include <algorithm>
#include <string>
#include <tuple>

namespace kfs {
namespace {

std::string text_of(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

group_member member_of(const rd_kafka_MemberDescription_t& described) {
  group_member member{.member_id = text_of(rd_kafka_MemberDescription_consumer_id(&described)),
                      .client_id = text_of(rd_kafka_MemberDescription_client_id(&described)),
                      .host = text_of(rd_kafka_MemberDescription_host(&described)),
                      .group_instance_id = std::nullopt,
                      .assignments = {}};
  if (const auto* instance = rd_kafka_MemberDescription_group_instance_id(&described); instance != nullptr)
    member.group_instance_id = instance;
  const auto* assigned = rd_kafka_MemberDescription_assignment(&described);
  const auto* partitions = assigned == nullptr ? nullptr : rd_kafka_MemberAssignment_partitions(assigned);
  for (int i = 0; partitions != nullptr && i < partitions->cnt; ++i)
    member.assignments[partitions->elems[i].topic].push_back(partitions->elems[i].partition);
  for (auto& [topic, numbers] : member.assignments) std::ranges::sort(numbers);
  return member;
}

}  // namespace

std::vector<committed_offset> committed_of(const rd_kafka_topic_partition_list_t* partitions) {
  std::vector<committed_offset> found;
  for (int i = 0; partitions != nullptr && i < partitions->cnt; ++i) {
    const auto& entry = partitions->elems[i];
    if (entry.err != RD_KAFKA_RESP_ERR_NO_ERROR || entry.offset < 0) continue;  // no committed offset
    committed_offset committed{entry.topic, entry.partition, offset{entry.offset}, std::nullopt};
    if (entry.metadata_size > 0)
      committed.metadata.emplace(static_cast<const char*>(entry.metadata), entry.metadata_size);
    found.push_back(std::move(committed));
  }
  std::sort(found.begin(), found.end(), [](const committed_offset& a, const committed_offset& b) {
    return std::tie(a.topic, a.partition) < std::tie(b.topic, b.partition);
  });
  return found;
}

group_description description_of(const rd_kafka_ConsumerGroupDescription_t& described) {
  group_description group{
      .state = rd_kafka_consumer_group_state_name(rd_kafka_ConsumerGroupDescription_state(&described)),
      .is_simple = rd_kafka_ConsumerGroupDescription_is_simple_consumer_group(&described) != 0,
      .assignor = text_of(rd_kafka_ConsumerGroupDescription_partition_assignor(&described)),
      .coordinator_host = {},
      .members = {}};
  if (const auto* coordinator = rd_kafka_ConsumerGroupDescription_coordinator(&described); coordinator != nullptr) {
    group.coordinator_id = rd_kafka_Node_id(coordinator);
    group.coordinator_host = text_of(rd_kafka_Node_host(coordinator));
    group.coordinator_port = rd_kafka_Node_port(coordinator);
  }
  const auto count = rd_kafka_ConsumerGroupDescription_member_count(&described);
  for (std::size_t i = 0; i < count; ++i)
    group.members.push_back(member_of(*rd_kafka_ConsumerGroupDescription_member(&described, i)));
  std::ranges::sort(group.members, {}, [](const group_member& one) { return std::tie(one.client_id, one.member_id); });
  return group;
}

}  // namespace kfs
