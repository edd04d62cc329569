#include "actors/kafka/rdkafka_group_offsets.hpp"

#include <algorithm>
#include <utility>

#include "actors/kafka/rdkafka_errors.hpp"

namespace kfs {
namespace {

group_position position_of(const rd_kafka_topic_partition_t& one, std::string_view mark) {
  if (one.offset < 0) return {};
  const std::string_view metadata(static_cast<const char*>(one.metadata), one.metadata_size);
  const bool ours = metadata.starts_with(commit_mark);
  return {.committed = offset{one.offset}, .ours = ours, .by_other = ours && metadata != mark};
}

struct question {
  std::uint64_t round = 0;
  std::vector<partition_number> partitions;
  std::string group;
  std::string brokers;
  std::string mark;

  [[nodiscard]] error failure_of(rd_kafka_resp_err_t code) const {
    return to_error(code, {}, {.what = "read the committed offsets of group \"" + group + "\"", .brokers = brokers});
  }
};

partitions_located failed(const question& what, error why) {
  partitions_located found{.round = what.round, .source = {}, .partitions = {}, .failed = std::move(why)};
  for (const auto partition : what.partitions) found.partitions.push_back({partition, {}});
  return found;
}

partitions_located ask_cluster(const rdkafka_handle& of, const question& what) {
  const partitions_ptr list(rd_kafka_topic_partition_list_new(static_cast<int>(what.partitions.size())));
  for (const auto partition : what.partitions)
    rd_kafka_topic_partition_list_add(list.get(), of.topic.c_str(), partition);
  constexpr auto bound = static_cast<int>(rdkafka_group_offsets::answer_bound.count());
  if (const auto code = rd_kafka_committed(of.client, list.get(), bound); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return failed(what, what.failure_of(code));
  partitions_located found{.round = what.round, .source = {}, .partitions = {}, .failed = {}};
  for (int i = 0; i < list->cnt; ++i) {
    const auto& one = list->elems[i];
    if (one.err != RD_KAFKA_RESP_ERR_NO_ERROR) return failed(what, what.failure_of(one.err));
    found.partitions.push_back({one.partition, position_of(one, what.mark)});
  }
  char* cluster = rd_kafka_clusterid(of.client, 0);
  if (cluster == nullptr)
    return failed(what,
                  {ec::kafka_failure, "the brokers at " + what.brokers + " have not told the id of their cluster yet"});
  found.source = std::make_shared<const record_source>(record_source{cluster, what.group, of.topic});
  rd_kafka_mem_free(of.client, cluster);
  return found;
}

}  // namespace

/// A broker takes 4,096 bytes (offset.metadata.max.bytes).
std::string mark_of(const consumer_spec& spec, int instance) {
  constexpr std::size_t most_bytes = 4'000;
  auto mark = std::string(commit_mark) + ':' + spec.id.value;
  if (instance > 0) mark += '/' + std::to_string(instance);
  for (const auto& processor : spec.processors) mark += ':' + processor.id.value.substr(0, 8);
  return mark.substr(0, most_bytes);
}

rdkafka_group_offsets::rdkafka_group_offsets(blocking_calls& calls, const std::shared_ptr<rdkafka_handle>& handle,
                                             std::string group, std::string brokers, std::string mark,
                                             std::function<void()> ring)
    : calls_(calls),
      handle_(handle),
      group_(std::move(group)),
      brokers_(std::move(brokers)),
      mark_(std::move(mark)),
      answers_(std::make_shared<answer_box>(std::move(ring))) {}

void rdkafka_group_offsets::ask(std::uint64_t round, const std::vector<partition_number>& partitions) {
  const question what{round, partitions, group_, brokers_, mark_};
  const bool asked = calls_.make([of = handle_, what, to = answers_] {
    if (const auto client = of.lock()) to->put(ask_cluster(*client, what));
  });
  if (!asked) answers_->put(failed(what, too_many_questions()));
}

/// The source is one object as long as it is the same, as those who hold it expect.
void rdkafka_group_offsets::take(std::vector<kafka_event>& into) {
  for (auto& answer : answers_->take()) {
    auto& located = std::get<partitions_located>(answer);
    if (located.source && source_ && *located.source == *source_) located.source = source_;
    if (located.source) source_ = located.source;
    into.push_back(std::move(answer));
  }
}

tl::expected<const rd_kafka_topic_partition_list_t*, client_fault> committed_in(rd_kafka_event_t* answer) {
  if (const auto code = rd_kafka_event_error(answer); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return tl::make_unexpected(client_fault{code, rd_kafka_event_error_string(answer)});
  std::size_t count = 0;
  const auto* groups =
      rd_kafka_ListConsumerGroupOffsets_result_groups(rd_kafka_event_ListConsumerGroupOffsets_result(answer), &count);
  if (count == 0) return nullptr;
  if (const auto* refused = rd_kafka_group_result_error(groups[0]); refused != nullptr) {
    if (rd_kafka_error_code(refused) == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND) return nullptr;
    return tl::make_unexpected(fault_of(refused));
  }
  return rd_kafka_group_result_partitions(groups[0]);
}

}  // namespace kfs
