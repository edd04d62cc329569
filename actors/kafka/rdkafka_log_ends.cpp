#include "actors/kafka/rdkafka_log_ends.hpp"

#include <utility>

#include "actors/kafka/rdkafka_errors.hpp"
#include "actors/kafka/rdkafka_owned.hpp"

namespace kfs {
namespace {

log_ends_told ask_cluster(const rdkafka_handle& handle, const std::vector<partition_number>& partitions,
                          const std::string& brokers) {
  const auto failure_of = [&](rd_kafka_resp_err_t code) {
    const auto action = "read the log-end offsets of topic \"" + handle.topic + "\"";
    return to_error(code, {}, {.action = action, .brokers = brokers});
  };
  const partitions_ptr list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const auto partition : partitions)
    rd_kafka_topic_partition_list_add(list.get(), handle.topic.c_str(), partition)->offset = RD_KAFKA_OFFSET_END;
  constexpr auto bound = static_cast<int>(rdkafka_log_ends::answer_bound.count());
  const auto code = rd_kafka_offsets_for_times(handle.client, list.get(), bound);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return {.ends = {}, .failed = failure_of(code)};
  log_ends_told answer;
  for (int i = 0; i < list->cnt; ++i) {
    const auto& entry = list->elems[i];
    if (entry.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      answer.failed = failure_of(entry.err);
    } else if (entry.offset >= 0) {
      answer.ends.push_back({entry.partition, offset{entry.offset}});
    }
  }
  return answer;
}

}  // namespace

rdkafka_log_ends::rdkafka_log_ends(blocking_calls& calls, const std::shared_ptr<rdkafka_handle>& handle,
                                   std::string brokers, std::function<void()> ring)
    : calls_(calls),
      handle_(handle),
      brokers_(std::move(brokers)),
      answer_(std::make_shared<answer_box>(std::move(ring))) {}

void rdkafka_log_ends::ask(const std::vector<partition_number>& partitions) {
  if (asking_ || partitions.empty()) return;
  asking_ = true;
  const bool accepted = calls_.make([weak_handle = handle_, partitions, brokers = brokers_, answer = answer_] {
    if (const auto handle = weak_handle.lock()) answer->put(ask_cluster(*handle, partitions, brokers));
  });
  if (!accepted) answer_->put(log_ends_told{.ends = {}, .failed = too_many_questions()});
}

void rdkafka_log_ends::take(std::vector<kafka_event>& into) {
  if (!asking_) return;
  for (auto& answer : answer_->take()) {
    asking_ = false;
    into.push_back(std::move(answer));
  }
}

void rdkafka_log_ends::silence() {
  answer_->silence();
}

}  // namespace kfs
