#include "actors/kafka/rdkafka_group_offsets.hpp"

#include <algorithm>
#include <utility>

#include "actors/kafka/rdkafka_errors.hpp"
#include "actors/kafka/rdkafka_topic_id.hpp"

namespace kfs {
namespace {

/// Between the mark and the identity of the log.
constexpr std::string_view log_prefix = " log=";

group_position position_of(const rd_kafka_topic_partition_t& entry, std::string_view mark) {
  if (entry.offset < 0) return {};  // no committed offset
  return read_commit(offset{entry.offset}, {static_cast<const char*>(entry.metadata), entry.metadata_size}, mark);
}

struct offsets_question {
  std::uint64_t round = 0;
  std::vector<partition_number> partitions;
  std::string group;
  std::string brokers;
  std::string mark;

  [[nodiscard]] error failure_of(rd_kafka_resp_err_t code) const {
    return to_error(code, {}, {.action = "read the committed offsets of group \"" + group + "\"", .brokers = brokers});
  }
};

partitions_located failed(const offsets_question& question, error reason) {
  partitions_located located{.round = question.round, .source = {}, .partitions = {}, .failed = std::move(reason)};
  for (const auto partition : question.partitions) located.partitions.push_back({partition, {}});
  return located;
}

partitions_located ask_cluster(const rdkafka_handle& handle, const offsets_question& question) {
  const partitions_ptr list(rd_kafka_topic_partition_list_new(static_cast<int>(question.partitions.size())));
  for (const auto partition : question.partitions)
    rd_kafka_topic_partition_list_add(list.get(), handle.topic.c_str(), partition);
  topic_id_question topic_id(handle);
  constexpr auto bound = static_cast<int>(rdkafka_group_offsets::answer_bound.count());
  if (const auto code = rd_kafka_committed(handle.client, list.get(), bound); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return failed(question, question.failure_of(code));
  partitions_located located{.round = question.round, .source = {}, .partitions = {}, .failed = {}};
  for (int i = 0; i < list->cnt; ++i) {
    const auto& entry = list->elems[i];
    if (entry.err != RD_KAFKA_RESP_ERR_NO_ERROR) return failed(question, question.failure_of(entry.err));
    located.partitions.push_back({entry.partition, position_of(entry, question.mark)});
  }
  char* cluster_id = rd_kafka_clusterid(handle.client, 0);
  if (cluster_id == nullptr)
    return failed(question, {ec::kafka_failure,
                             "the brokers at " + question.brokers + " have not reported the id of their cluster yet"});
  located.source = std::make_shared<const record_source>(record_source{cluster_id, question.group, handle.topic});
  rd_kafka_mem_free(handle.client, cluster_id);
  located.topic_id = topic_id.answer(rdkafka_group_offsets::answer_bound);
  return located;
}

}  // namespace

/// A broker accepts 4,096 bytes of metadata (offset.metadata.max.bytes).
std::string mark_of(const consumer_spec& spec, int instance) {
  constexpr std::size_t most_bytes = 4'000;
  auto mark = std::string(commit_mark) + ':' + spec.id.value;
  if (instance > 0) mark += '/' + std::to_string(instance);
  for (const auto& processor : spec.processors) mark += ':' + processor.id.value.substr(0, 8);
  return mark.substr(0, most_bytes);
}

std::string commit_metadata(const std::string& mark, const std::string& log) {
  return log.empty() ? mark : mark + std::string(log_prefix) + log;
}

group_position read_commit(offset committed, std::string_view metadata, std::string_view mark) {
  if (!metadata.starts_with(commit_mark)) return {.committed = committed};
  const auto end = metadata.find(log_prefix);
  const auto log = end == std::string_view::npos ? std::string_view() : metadata.substr(end + log_prefix.size());
  return {.committed = committed, .ours = true, .by_other = metadata.substr(0, end) != mark, .log = std::string(log)};
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
  const offsets_question question{round, partitions, group_, brokers_, mark_};
  const bool accepted = calls_.make([weak_handle = handle_, question, answers = answers_] {
    if (const auto handle = weak_handle.lock()) answers->put(ask_cluster(*handle, question));
  });
  if (!accepted) answers_->put(failed(question, too_many_questions()));
}

/// Hands out the same source object as long as the source is the same.
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
  if (const auto* failure = rd_kafka_group_result_error(groups[0]); failure != nullptr) {
    if (rd_kafka_error_code(failure) == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND) return nullptr;
    return tl::make_unexpected(fault_of(failure));
  }
  return rd_kafka_group_result_partitions(groups[0]);
}

}  // namespace kfs
