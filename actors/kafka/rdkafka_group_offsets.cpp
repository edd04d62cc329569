#include "actors/kafka/rdkafka_group_offsets.hpp"

#include <algorithm>
#include <utility>

#include "actors/kafka/rdkafka_errors.hpp"

namespace kfs {
namespace {

constexpr int answer_bound_ms = 5'000;

group_position position_of(const rd_kafka_topic_partition_t& one, std::string_view mark) {
  if (one.offset < 0) return {};
  const std::string_view metadata(static_cast<const char*>(one.metadata), one.metadata_size);
  const bool ours = metadata.starts_with(commit_mark);
  return {.committed = offset{one.offset}, .ours = ours, .by_other = ours && metadata != mark};
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

rdkafka_group_offsets::rdkafka_group_offsets(rd_kafka_t* client, std::string topic, std::string group,
                                             std::string brokers, std::string mark, void (*ring)(rd_kafka_t*, void*),
                                             void* opaque)
    : client_(client),
      topic_(std::move(topic)),
      group_(std::move(group)),
      brokers_(std::move(brokers)),
      mark_(std::move(mark)),
      queue_(rd_kafka_queue_new(client)) {
  rd_kafka_queue_cb_event_enable(queue_.get(), ring, opaque);
}

void rdkafka_group_offsets::silence() {
  rd_kafka_queue_cb_event_enable(queue_.get(), nullptr, nullptr);
}

void rdkafka_group_offsets::ask(std::uint64_t round, const std::vector<partition_number>& partitions) {
  const partitions_ptr list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const auto partition : partitions) rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition);
  const offsets_question_ptr question(rd_kafka_ListConsumerGroupOffsets_new(group_.c_str(), list.get()));
  const admin_options_ptr options(rd_kafka_AdminOptions_new(client_, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), answer_bound_ms, nullptr, 0);
  rd_kafka_AdminOptions_set_opaque(options.get(), reinterpret_cast<void*>(static_cast<std::uintptr_t>(round)));
  asked_[round] = partitions;
  auto* questions = question.get();
  rd_kafka_ListConsumerGroupOffsets(client_, &questions, 1, options.get(), queue_.get());
}

void rdkafka_group_offsets::take(std::vector<kafka_event>& into) {
  if (asked_.empty()) return;
  while (const event_ptr answer{rd_kafka_queue_poll(queue_.get(), 0)}) {
    if (rd_kafka_event_type(answer.get()) == RD_KAFKA_EVENT_LISTCONSUMERGROUPOFFSETS_RESULT)
      into.emplace_back(read(answer.get()));
  }
}

partitions_located rdkafka_group_offsets::read(rd_kafka_event_t* answer) {
  partitions_located found;
  found.round = reinterpret_cast<std::uintptr_t>(rd_kafka_event_opaque(answer));
  const auto asked = asked_.extract(found.round);
  for (const auto partition : asked.mapped()) found.partitions.push_back({partition, {}});
  const auto committed = committed_in(answer);
  if (!committed) {
    found.failed = failure_of(committed.error());
    return found;
  }
  for (int i = 0; *committed != nullptr && i < (*committed)->cnt; ++i) {
    const auto& one = (*committed)->elems[i];
    if (one.err != RD_KAFKA_RESP_ERR_NO_ERROR) found.failed = failure_of({one.err, {}});
    const auto place = std::ranges::find(found.partitions, one.partition, &located_partition::partition);
    if (place != found.partitions.end()) place->group = position_of(one, mark_);
  }
  found.source = learn_source();
  if (!found.source)
    found.failed =
        error{ec::kafka_failure, "the brokers at " + brokers_ + " have not told the id of their cluster yet"};
  return found;
}

const record_source_ptr& rdkafka_group_offsets::learn_source() {
  if (source_) return source_;
  if (char* cluster = rd_kafka_clusterid(client_, 0); cluster != nullptr) {
    source_ = std::make_shared<const record_source>(record_source{cluster, group_, topic_});
    rd_kafka_mem_free(client_, cluster);
  }
  return source_;
}

error rdkafka_group_offsets::failure_of(const client_fault& what) const {
  return to_error(what.code, what.reason,
                  {.what = "read the committed offsets of group \"" + group_ + "\"", .brokers = brokers_});
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
