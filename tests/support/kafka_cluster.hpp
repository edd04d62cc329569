#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

struct rd_kafka_s;

namespace kfs::test {

/// A record to produce. A record without a value is a tombstone.
struct test_record {
  std::optional<std::string> value;
  std::optional<std::string> key;
  std::optional<std::int32_t> partition;  ///< nullopt: chosen by the key, or any
  std::vector<std::pair<std::string, std::string>> headers;
};

/// Access to a Kafka cluster from outside the server: topics, records, and committed offsets.
///
/// Every call waits until the cluster has finished. Threading: none.
/// Errors: std::runtime_error with Kafka's text; nothing is retried.
class kafka_cluster {
 public:
  explicit kafka_cluster(std::string bootstrap_servers);
  ~kafka_cluster();
  kafka_cluster(const kafka_cluster&) = delete;
  kafka_cluster& operator=(const kafka_cluster&) = delete;

  /// The version of the librdkafka that tests and server are linked with: 0x02060100 is 2.6.1.
  [[nodiscard]] static int client_version();

  [[nodiscard]] const std::string& bootstrap_servers() const noexcept { return bootstrap_servers_; }

  /// True when a broker answers within `patience`.
  [[nodiscard]] bool answers(std::chrono::milliseconds patience);

  /// Creates a topic and waits until every partition has a leader. Settings are Kafka's, for example
  /// {"cleanup.policy", "compact"}.
  void create_topic(const std::string& topic, int partitions = 1,
                    const std::map<std::string, std::string>& settings = {});

  /// Creates a topic with a unique name and returns the name.
  std::string new_topic(int partitions = 1);

  /// Grows a topic to `partitions` partitions. A client may not know of them yet.
  void add_partitions(const std::string& topic, int partitions);

  void delete_topic(const std::string& topic);

  /// Writes the records in order. They are in the log when it returns.
  void produce(const std::string& topic, const std::vector<test_record>& records);

  /// Writes `count` values "prefix0", "prefix1", … evenly over the partitions.
  void produce_numbered(const std::string& topic, int count, const std::string& prefix = "", int partitions = 1);

  /// The log-end offset: the offset after the last record.
  [[nodiscard]] std::int64_t log_end(const std::string& topic, std::int32_t partition);

  /// The committed offset of a group; nullopt when there is none.
  [[nodiscard]] std::optional<std::int64_t> committed(const std::string& group, const std::string& topic,
                                                      std::int32_t partition);

  /// Commits an offset for a group without members, as an operator's tool does.
  void commit(const std::string& group, const std::string& topic, std::int32_t partition, std::int64_t offset);

 private:
  struct close {
    void operator()(rd_kafka_s* client) const;
  };
  rd_kafka_s* producer();
  std::unique_ptr<rd_kafka_s, close> group_member(const std::string& group) const;

  std::string bootstrap_servers_;
  std::string delivery_failure_;  ///< why a record of the latest produce() was not delivered; empty when all were
  std::unique_ptr<rd_kafka_s, close> producer_;
};

}  // namespace kfs::test
