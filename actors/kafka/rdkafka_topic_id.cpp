#include "actors/kafka/rdkafka_topic_id.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace kfs {

#if RD_KAFKA_VERSION >= 0x020300ff

namespace {

using topics_ptr = std::unique_ptr<rd_kafka_TopicCollection_t, rdkafka_destroyer<rd_kafka_TopicCollection_destroy>>;

std::string id_in(const rd_kafka_event_t* answer) {
  const auto* result = rd_kafka_event_DescribeTopics_result(const_cast<rd_kafka_event_t*>(answer));
  if (result == nullptr || rd_kafka_event_error(const_cast<rd_kafka_event_t*>(answer)) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return {};
  std::size_t count = 0;
  const auto* const* topics = rd_kafka_DescribeTopics_result_topics(result, &count);
  if (count != 1) return {};
  const auto* failure = rd_kafka_TopicDescription_error(topics[0]);
  if (failure != nullptr && rd_kafka_error_code(failure) != RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  const auto* id = rd_kafka_TopicDescription_topic_id(topics[0]);
  if (id == nullptr) return {};
  const auto most = static_cast<std::uint64_t>(rd_kafka_Uuid_most_significant_bits(id));
  const auto least = static_cast<std::uint64_t>(rd_kafka_Uuid_least_significant_bits(id));
  return most == 0 && least == 0 ? std::string() : fmt::format("{:016x}{:016x}", most, least);
}

}  // namespace

/// The longest possible time-out, because librdkafka aborts when an answer comes after its time-out
/// (rdkafka_admin_client). answer() bounds the wait instead.
topic_id_question::topic_id_question(const rdkafka_handle& handle) : answers_(rd_kafka_queue_new(handle.client)) {
  constexpr std::chrono::milliseconds longest = std::chrono::hours{1};
  const admin_options_ptr options(rd_kafka_AdminOptions_new(handle.client, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS));
  char text[256];
  rd_kafka_AdminOptions_set_request_timeout(options.get(), static_cast<int>(longest.count()), text, sizeof text);
  const char* name = handle.topic.c_str();
  const topics_ptr topics(rd_kafka_TopicCollection_of_topic_names(&name, 1));
  rd_kafka_DescribeTopics(handle.client, topics.get(), options.get(), answers_.get());
}

std::string topic_id_question::answer(std::chrono::milliseconds bound) {
  const event_ptr answer(rd_kafka_queue_poll(answers_.get(), static_cast<int>(bound.count())));
  return answer ? id_in(answer.get()) : std::string();
}

#else

topic_id_question::topic_id_question(const rdkafka_handle&) {}

std::string topic_id_question::answer(std::chrono::milliseconds) {
  return {};
}

#endif

}  // namespace kfs
