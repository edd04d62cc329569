#include "tests/support/kafka_cluster.hpp"

#include <librdkafka/rdkafka.h>

#include <array>
#include <functional>
#include <stdexcept>

#include "tests/support/eventually.hpp"

namespace kfs::test {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds patience = 30s;
constexpr int patience_ms = static_cast<int>(patience.count());

template <class T>
using handle = std::unique_ptr<T, void (*)(T*)>;

[[noreturn]] void fail(const std::string& operation, const std::string& reason) {
  throw std::runtime_error(operation + ": " + reason);
}

void check(const std::string& operation, rd_kafka_resp_err_t code) {
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) fail(operation, rd_kafka_err2str(code));
}

// Repeats a question until the group has a coordinator. A broker that has just started, or has just created the topic
// of offsets, briefly answers for some groups that it is not their coordinator.
template <class Question>
void check_with_coordinator(const std::string& operation, Question&& ask) {
  auto code = RD_KAFKA_RESP_ERR_NO_ERROR;
  static_cast<void>(eventually(patience, [&] {
    code = ask();
    return code != RD_KAFKA_RESP_ERR_NOT_COORDINATOR && code != RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE &&
           code != RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS;
  }));
  check(operation, code);
}

handle<rd_kafka_topic_partition_list_t> one_partition(const std::string& topic, std::int32_t partition,
                                                      std::int64_t offset) {
  handle<rd_kafka_topic_partition_list_t> list{rd_kafka_topic_partition_list_new(1),
                                               rd_kafka_topic_partition_list_destroy};
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
  return list;
}

// Stores the reason why a record was not delivered in the string that is the client's opaque pointer.
void note_delivery(rd_kafka_t* /*client*/, const rd_kafka_message_t* message, void* failure) {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) *static_cast<std::string*>(failure) = rd_kafka_err2str(message->err);
}

// `delivery_failure` is where note_delivery() writes; null for a consumer.
rd_kafka_s* new_client(rd_kafka_type_t type, const std::map<std::string, std::string>& properties,
                       std::string* delivery_failure = nullptr) {
  std::array<char, 512> reason{};
  auto* conf = rd_kafka_conf_new();
  for (const auto& [name, value] : properties) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason.data(), reason.size()) != RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(conf);
      fail(name, reason.data());
    }
  }
  if (delivery_failure != nullptr) {
    rd_kafka_conf_set_opaque(conf, delivery_failure);
    rd_kafka_conf_set_dr_msg_cb(conf, note_delivery);
  }
  rd_kafka_conf_set_log_cb(conf, nullptr);  // many tests stop the broker
  auto* client = rd_kafka_new(type, conf, reason.data(), reason.size());
  if (client == nullptr) {
    rd_kafka_conf_destroy(conf);
    fail("rd_kafka_new", reason.data());
  }
  return client;
}

// Sends a request of the admin interface and returns its answer. `ask` receives the queue for the answer.
handle<rd_kafka_event_t> admin_answer(rd_kafka_t* client, const std::string& operation,
                                      const std::function<void(rd_kafka_queue_t*)>& ask) {
  const handle<rd_kafka_queue_t> queue{rd_kafka_queue_new(client), rd_kafka_queue_destroy};
  ask(queue.get());
  handle<rd_kafka_event_t> event{rd_kafka_queue_poll(queue.get(), patience_ms), rd_kafka_event_destroy};
  if (!event) fail(operation, "no answer");
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    fail(operation, rd_kafka_event_error_string(event.get()));
  }
  return event;
}

void check_topics(const std::string& operation, const rd_kafka_topic_result_t* const* results, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) check(operation, rd_kafka_topic_result_error(results[i]));
}

// The number of partitions of a topic that have a leader.
int partitions_with_leader(rd_kafka_t* client, const std::string& topic) {
  const handle<rd_kafka_topic_t> named{rd_kafka_topic_new(client, topic.c_str(), nullptr), rd_kafka_topic_destroy};
  const rd_kafka_metadata_t* answer = nullptr;
  if (rd_kafka_metadata(client, 0, named.get(), &answer, patience_ms) != RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
  int led = 0;
  for (int i = 0; i < answer->topic_cnt; ++i) {
    for (int p = 0; p < answer->topics[i].partition_cnt; ++p)
      led += answer->topics[i].partitions[p].leader >= 0 ? 1 : 0;
  }
  rd_kafka_metadata_destroy(answer);
  return led;
}

// The controller answers before the broker, and so its clients, know of new partitions.
void wait_for_leaders(rd_kafka_t* client, const std::string& operation, const std::string& topic, int partitions) {
  if (!eventually(patience, [&] { return partitions_with_leader(client, topic) == partitions; })) {
    fail(operation, "a partition has no leader");
  }
}

rd_kafka_headers_t* native_headers(const test_record& record) {
  auto* headers = rd_kafka_headers_new(record.headers.size());
  for (const auto& [name, value] : record.headers) {
    rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  }
  return headers;
}

rd_kafka_resp_err_t send(rd_kafka_t* client, const std::string& topic, const test_record& record) {
  auto* headers = native_headers(record);
  // The API takes payloads by void*, and with F_COPY only reads them.
  auto* value = record.value ? const_cast<char*>(record.value->data()) : nullptr;
  const std::size_t value_size = record.value ? record.value->size() : 0;
  const char* key = record.key ? record.key->data() : nullptr;
  const std::size_t key_size = record.key ? record.key->size() : 0;
  const auto code = rd_kafka_producev(client, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                      RD_KAFKA_V_PARTITION(record.partition.value_or(RD_KAFKA_PARTITION_UA)),
                                      RD_KAFKA_V_VALUE(value, value_size), RD_KAFKA_V_KEY(key, key_size),
                                      RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_headers_destroy(headers);
  return code;
}

}  // namespace

void kafka_cluster::close::operator()(rd_kafka_s* client) const {
  rd_kafka_destroy(client);
}

kafka_cluster::kafka_cluster(std::string bootstrap_servers) : bootstrap_servers_(std::move(bootstrap_servers)) {}

kafka_cluster::~kafka_cluster() = default;

rd_kafka_s* kafka_cluster::producer() {
  if (!producer_) {
    producer_.reset(new_client(RD_KAFKA_PRODUCER,
                               {{"bootstrap.servers", bootstrap_servers_},
                                {"enable.idempotence", "true"},
                                {"linger.ms", "5"},
                                {"message.timeout.ms", std::to_string(patience_ms)},
                                {"reconnect.backoff.ms", "50"},
                                {"reconnect.backoff.max.ms", "500"}},
                               &delivery_failure_));
  }
  return producer_.get();
}

std::unique_ptr<rd_kafka_s, kafka_cluster::close> kafka_cluster::group_member(const std::string& group) const {
  return std::unique_ptr<rd_kafka_s, close>{
      new_client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", bootstrap_servers_}, {"group.id", group}})};
}

bool kafka_cluster::answers(std::chrono::milliseconds within) {
  const rd_kafka_metadata_t* answer = nullptr;
  if (rd_kafka_metadata(producer(), 0, nullptr, &answer, static_cast<int>(within.count())) !=
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    return false;
  }
  const bool live = answer->broker_cnt > 0;
  rd_kafka_metadata_destroy(answer);
  return live;
}

void kafka_cluster::create_topic(const std::string& topic, int partitions,
                                 const std::map<std::string, std::string>& settings) {
  std::array<char, 512> reason{};
  const handle<rd_kafka_NewTopic_t> wanted{
      rd_kafka_NewTopic_new(topic.c_str(), partitions, 1, reason.data(), reason.size()), rd_kafka_NewTopic_destroy};
  if (!wanted) fail("create topic " + topic, reason.data());
  for (const auto& [name, value] : settings) {
    check(name, rd_kafka_NewTopic_set_config(wanted.get(), name.c_str(), value.c_str()));
  }
  auto* topics = wanted.get();
  const auto event = admin_answer(producer(), "create topic " + topic, [&](rd_kafka_queue_t* queue) {
    rd_kafka_CreateTopics(producer(), &topics, 1, nullptr, queue);
  });
  std::size_t count = 0;
  const auto* results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  check_topics("create topic " + topic, results, count);
  wait_for_leaders(producer(), "create topic " + topic, topic, partitions);
}

std::string kafka_cluster::new_topic(int partitions) {
  auto topic = unique_name("topic");
  create_topic(topic, partitions);
  return topic;
}

void kafka_cluster::add_partitions(const std::string& topic, int partitions) {
  std::array<char, 512> reason{};
  const auto operation = "add partitions to topic " + topic;
  const handle<rd_kafka_NewPartitions_t> wanted{
      rd_kafka_NewPartitions_new(topic.c_str(), static_cast<std::size_t>(partitions), reason.data(), reason.size()),
      rd_kafka_NewPartitions_destroy};
  if (!wanted) fail(operation, reason.data());
  auto* additions = wanted.get();
  const auto event = admin_answer(producer(), operation, [&](rd_kafka_queue_t* queue) {
    rd_kafka_CreatePartitions(producer(), &additions, 1, nullptr, queue);
  });
  std::size_t count = 0;
  const auto* results =
      rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event.get()), &count);
  check_topics(operation, results, count);
  wait_for_leaders(producer(), operation, topic, partitions);
}

/// A client would go on with the leaders and epochs of the topic that was deleted when one of its name is made again.
void kafka_cluster::delete_topic(const std::string& topic) {
  {
    const handle<rd_kafka_DeleteTopic_t> unwanted{rd_kafka_DeleteTopic_new(topic.c_str()),
                                                  rd_kafka_DeleteTopic_destroy};
    auto* topics = unwanted.get();
    const auto event = admin_answer(producer(), "delete topic " + topic, [&](rd_kafka_queue_t* queue) {
      rd_kafka_DeleteTopics(producer(), &topics, 1, nullptr, queue);
    });
    std::size_t count = 0;
    const auto* results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.get()), &count);
    check_topics("delete topic " + topic, results, count);
  }
  producer_.reset();
}

void kafka_cluster::produce(const std::string& topic, const std::vector<test_record>& records) {
  delivery_failure_.clear();
  for (const auto& record : records) {
    auto code = send(producer(), topic, record);
    while (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      rd_kafka_poll(producer(), 10);
      code = send(producer(), topic, record);
    }
    check("produce to " + topic, code);
  }
  check("produce to " + topic, rd_kafka_flush(producer(), patience_ms));
  if (!delivery_failure_.empty()) fail("produce to " + topic, delivery_failure_);
}

int kafka_cluster::client_version() {
  return rd_kafka_version() >> 8 << 8;  // without the byte that marks a release candidate
}

void kafka_cluster::produce_numbered(const std::string& topic, int count, const std::string& prefix, int partitions) {
  std::vector<test_record> records;
  records.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    records.push_back({.value = prefix + std::to_string(i), .key = {}, .partition = i % partitions, .headers = {}});
  }
  produce(topic, records);
}

std::int64_t kafka_cluster::log_end(const std::string& topic, std::int32_t partition) {
  std::int64_t low = 0;
  std::int64_t high = 0;
  check("log end of " + topic,
        rd_kafka_query_watermark_offsets(producer(), topic.c_str(), partition, &low, &high, patience_ms));
  return high;
}

std::optional<std::int64_t> kafka_cluster::committed(const std::string& group, const std::string& topic,
                                                     std::int32_t partition) {
  const auto member = group_member(group);
  const auto list = one_partition(topic, partition, RD_KAFKA_OFFSET_INVALID);
  check_with_coordinator("committed of " + group,
                         [&] { return rd_kafka_committed(member.get(), list.get(), patience_ms); });
  if (list->elems[0].offset < 0) return std::nullopt;
  return list->elems[0].offset;
}

void kafka_cluster::commit(const std::string& group, const std::string& topic, std::int32_t partition,
                           std::int64_t offset) {
  const auto member = group_member(group);
  const auto list = one_partition(topic, partition, offset);
  check_with_coordinator("commit of " + group, [&] { return rd_kafka_commit(member.get(), list.get(), 0); });
}

}  // namespace kfs::test
