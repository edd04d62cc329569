#include "actors/kafka/rdkafka_log_ends.hpp"

#include <utility>

#include "actors/kafka/rdkafka_errors.hpp"
#include "actors/kafka/rdkafka_owned.hpp"

namespace kfs {
namespace {

log_ends_told ask_cluster(const rdkafka_handle& of, const std::vector<partition_number>& partitions,
                          const std::string& brokers) {
  const auto failure_of = [&](rd_kafka_resp_err_t code) {
    return to_error(code, {}, {.what = "read the log-end offsets of topic \"" + of.topic + "\"", .brokers = brokers});
  };
  const partitions_ptr list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const auto partition : partitions)
    rd_kafka_topic_partition_list_add(list.get(), of.topic.c_str(), partition)->offset = RD_KAFKA_OFFSET_END;
  constexpr auto bound = static_cast<int>(rdkafka_log_ends::answer_bound.count());
  const auto code = rd_kafka_offsets_for_times(of.client, list.get(), bound);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return {.ends = {}, .failed = failure_of(code)};
  log_ends_told told;
  for (int i = 0; i < list->cnt; ++i) {
    const auto& one = list->elems[i];
    if (one.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      told.failed = failure_of(one.err);
    } else if (one.offset >= 0) {
      told.ends.push_back({one.partition, offset{one.offset}});
    }
  }
  return told;
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
  const bool asked = calls_.make([of = handle_, partitions, brokers = brokers_, to = answer_] {
    if (const auto client = of.lock()) to->put(ask_cluster(*client, partitions, brokers));
  });
  if (!asked) answer_->put(log_ends_told{.ends = {}, .failed = too_many_questions()});
}

void rdkafka_log_ends::take(std::vector<kafka_event>& into) {
  if (!asking_) return;
  for (auto& told : answer_->take()) {
    asking_ = false;
    into.push_back(std::move(told));
  }
}

void rdkafka_log_ends::silence() {
  answer_->silence();
}

}  // namespace kfs
