#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "config/base/timestamp.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/kafka_cluster.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/temp_directory.hpp"

namespace kfs::integration {

/// Writes records as the tests of lag need them: of a given time, or in transactions that are aborted or left open.
///
/// Every call waits until the cluster has finished. Threading: none. Errors: std::runtime_error.
class record_writer {
 public:
  /// `transactions`: the id of its transactions; empty for none.
  explicit record_writer(const std::string& brokers, const std::string& transactions = {}) {
    auto* conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", brokers);
    set(conf, "linger.ms", "5");
    if (!transactions.empty()) set(conf, "transactional.id", transactions);
    client_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0);
    if (!transactions.empty()) check(rd_kafka_init_transactions(client_, patience_ms));
  }
  ~record_writer() { rd_kafka_destroy(client_); }
  record_writer(const record_writer&) = delete;
  record_writer& operator=(const record_writer&) = delete;

  void begin() { check(rd_kafka_begin_transaction(client_)); }
  void commit() { check(rd_kafka_commit_transaction(client_, patience_ms)); }
  void abort() { check(rd_kafka_abort_transaction(client_, patience_ms)); }

  /// Records of the given time; nullopt for now.
  void write(const std::string& topic, std::int32_t partition, int count, std::optional<timestamp> at = {}) {
    send(topic, partition, count, at);
    flush();
  }

  /// Records in each partition of a topic, with values of so many bytes.
  void write_to_each(const std::string& topic, std::int32_t partitions, int count, std::size_t bytes = 1) {
    for (std::int32_t partition = 0; partition < partitions; ++partition) send(topic, partition, count, {}, bytes);
    flush();
  }

  /// Removes the records before an offset, as retention does.
  void remove_before(const std::string& topic, std::int32_t partition, std::int64_t offset) {
    auto* list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset = offset;
    auto* removal = rd_kafka_DeleteRecords_new(list);
    auto* queue = rd_kafka_queue_new(client_);
    rd_kafka_DeleteRecords(client_, &removal, 1, nullptr, queue);
    auto* event = rd_kafka_queue_poll(queue, patience_ms);
    const bool done = event != nullptr && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (event != nullptr) rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_DeleteRecords_destroy(removal);
    rd_kafka_topic_partition_list_destroy(list);
    if (!done) throw std::runtime_error("records were not removed");
  }

 private:
  static constexpr int patience_ms = 30'000;

  void send(const std::string& topic, std::int32_t partition, int count, std::optional<timestamp> at,
            std::size_t bytes = 1) {
    const auto time = at ? at->time_since_epoch().count() : 0;
    std::string value(bytes, 'v');
    for (int i = 0; i < count; ++i) {
      const auto code =
          rd_kafka_producev(client_, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
                            RD_KAFKA_V_KEY("k", 1), RD_KAFKA_V_VALUE(value.data(), value.size()),
                            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_TIMESTAMP(time), RD_KAFKA_V_END);
      if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_err2str(code));
    }
  }

  void flush() {
    if (rd_kafka_flush(client_, patience_ms) != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error("not flushed");
  }

  static void set(rd_kafka_conf_t* conf, const char* name, const std::string& value) {
    if (rd_kafka_conf_set(conf, name, value.c_str(), nullptr, 0) != RD_KAFKA_CONF_OK) throw std::runtime_error(name);
  }
  static void check(rd_kafka_error_t* failed) {
    if (failed == nullptr) return;
    const std::string reason = rd_kafka_error_string(failed);
    rd_kafka_error_destroy(failed);
    throw std::runtime_error(reason);
  }

  rd_kafka_t* client_ = nullptr;
};

/// Commits many offsets of a group without members, each with metadata.
inline void commit_all(const std::string& brokers, const std::string& group,
                       const std::vector<std::tuple<std::string, std::int32_t, std::int64_t>>& offsets,
                       const std::string& metadata = {}) {
  auto* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), nullptr, 0);
  rd_kafka_conf_set(conf, "group.id", group.c_str(), nullptr, 0);
  auto* client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, nullptr, 0);
  auto* list = rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size()));
  for (const auto& [topic, partition, position] : offsets) {
    auto* entry = rd_kafka_topic_partition_list_add(list, topic.c_str(), partition);
    entry->offset = position;
    if (metadata.empty()) continue;
    entry->metadata = std::char_traits<char>::copy(static_cast<char*>(std::malloc(metadata.size())), metadata.data(),
                                                   metadata.size());
    entry->metadata_size = metadata.size();
  }
  auto code = RD_KAFKA_RESP_ERR_NO_ERROR;
  static_cast<void>(test::eventually(std::chrono::seconds(30), [&] {
    code = rd_kafka_commit(client, list, 0);
    return code != RD_KAFKA_RESP_ERR_NOT_COORDINATOR && code != RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE;
  }));
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_destroy(client);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_err2str(code));
}

/// A line of kafka-consumer-groups.sh; "-" is nullopt.
struct tool_row {
  std::optional<std::int64_t> current;
  std::optional<std::int64_t> log_end;
  std::optional<std::int64_t> lag;
};

/// What kafka-consumer-groups.sh --describe says of a group, by topic and partition.
inline std::map<std::pair<std::string, int>, tool_row> described_by_tool(const std::string& brokers,
                                                                         const std::string& group) {
  const test::temp_directory files;
  const auto output = files.path() / "tool.log";
  test::child_process tool{{.arguments = {(test::source_directory() / "deploy" / "kafka.sh").string(), "groups",
                                          "--bootstrap-server", brokers, "--describe", "--group", group},
                            .environment = test::inherited_environment(),
                            .working_directory = {},
                            .output = output}};
  if (tool.wait(std::chrono::seconds(120)) != 0) throw std::runtime_error(test::file_text(output));
  std::map<std::pair<std::string, int>, tool_row> rows;
  std::istringstream lines(test::file_text(output));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name, topic, partition, current, log_end, lag;
    if (!(words >> name >> topic >> partition >> current >> log_end >> lag) || name != group) continue;
    const auto number = [](const std::string& text) {
      return text == "-" ? std::nullopt : std::optional<std::int64_t>(std::stoll(text));
    };
    rows[{topic, std::stoi(partition)}] = {number(current), number(log_end), number(lag)};
  }
  return rows;
}

}  // namespace kfs::integration
