#include "actors/kafka/rdkafka_first_records.hpp"

#include <array>
#include <map>
#include <utility>

namespace kfs {
namespace {

using namespace std::chrono_literals;

/// The longest wait for messages before the events of the client are noted.
constexpr std::chrono::milliseconds longest_poll = 50ms;
constexpr std::size_t messages_at_once = 512;

using message_ptr = std::unique_ptr<rd_kafka_message_t, rdkafka_destroyer<rd_kafka_message_destroy>>;
using partition_name = std::pair<std::string, partition_number>;

class search_party {
 public:
  search_party(admin_client& client, const std::vector<record_search>& searches)
      : client_(client), queue_(rd_kafka_queue_get_consumer(client.handle())), found_(searches.size()) {
    for (std::size_t i = 0; i < searches.size(); ++i)
      pending_.emplace(partition_name{searches[i].topic, searches[i].partition}, i);
    const partitions_ptr list(rd_kafka_topic_partition_list_new(static_cast<int>(searches.size())));
    for (const auto& search : searches)
      rd_kafka_topic_partition_list_add(list.get(), search.topic.c_str(), search.partition)->offset = search.from.value;
    if (rd_kafka_assign(client.handle(), list.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) pending_.clear();
  }

  std::vector<record_finding> go(std::chrono::steady_clock::time_point until) {
    while (queue_ && !pending_.empty() && std::chrono::steady_clock::now() < until) {
      take();
      client_.take_events();
    }
    return std::move(found_);
  }

 private:
  void take() {
    std::array<rd_kafka_message_t*, messages_at_once> messages{};
    const auto count = rd_kafka_consume_batch_queue(queue_.get(), static_cast<int>(longest_poll.count()),
                                                    messages.data(), messages.size());
    const partitions_ptr finished(rd_kafka_topic_partition_list_new(static_cast<int>(messages_at_once)));
    for (ssize_t i = 0; i < count; ++i) {
      const message_ptr message(messages[static_cast<std::size_t>(i)]);
      look_at(*message, *finished);
    }
    // What was found is not read on.
    if (finished->cnt > 0) rd_kafka_pause_partitions(client_.handle(), finished.get());
  }

  void look_at(const rd_kafka_message_t& message, rd_kafka_topic_partition_list_t& finished) {
    if (message.rkt == nullptr) return;
    const auto found = pending_.find({rd_kafka_topic_name(message.rkt), message.partition});
    if (found == pending_.end()) return;
    auto& finding = found_[found->second];
    if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      finding.none = true;
    } else if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      rd_kafka_timestamp_type_t type{};
      const auto time = rd_kafka_message_timestamp(&message, &type);
      if (type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && time >= 0)
        finding.time = timestamp(std::chrono::milliseconds(time));
    }
    rd_kafka_topic_partition_list_add(&finished, found->first.first.c_str(), found->first.second);
    pending_.erase(found);
  }

  admin_client& client_;
  const queue_ptr queue_;
  std::map<partition_name, std::size_t> pending_;
  std::vector<record_finding> found_;
};

}  // namespace

std::vector<record_finding> first_records(admin_client& client, const std::vector<record_search>& searches,
                                          std::chrono::steady_clock::time_point until) {
  if (searches.empty()) return {};
  return search_party(client, searches).go(until);
}

}  // namespace kfs
