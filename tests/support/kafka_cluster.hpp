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

/// One record as a test writes it. No value at all is a tombstone.
struct test_record {
  std::optional<std::string> value;
  std::optional<std::string> key;
  std::optional<std::int32_t> partition;  ///< none: by the key, or any
  std::vector<std::pair<std::string, std::string>> headers;
};

/// What a test does to a Kafka cluster from outside the server: topics, records, and offsets of groups.
///
/// Every call waits until the cluster has done it. Threading: none.
/// Errors: std::runtime_error with Kafka's text; nothing is tried again.
class kafka_cluster {
 public:
  explicit kafka_cluster(std::string bootstrap_servers);
  ~kafka_cluster();
  kafka_cluster(const kafka_cluster&) = delete;
  kafka_cluster& operator=(const kafka_cluster&) = delete;

  [[nodiscard]] const std::string& bootstrap_servers() const noexcept { return bootstrap_servers_; }

  /// True when a broker answers within `patience`.
  [[nodiscard]] bool answers(std::chrono::milliseconds patience);

  /// Makes a topic and waits until every partition has a leader. Settings are Kafka's, e.g. {"cleanup.policy",
  /// "compact"}.
  void create_topic(const std::string& topic, int partitions = 1,
                    const std::map<std::string, std::string>& settings = {});

  /// Makes a topic with a name of its own, and tells it.
  std::string new_topic(int partitions = 1);

  /// Adds partitions to a topic, up to `partitions` in all. A client may not know of them yet.
  void add_partitions(const std::string& topic, int partitions);

  void delete_topic(const std::string& topic);

  /// Writes the records in order; they are in the log when it returns.
  void produce(const std::string& topic, const std::vector<test_record>& records);

  /// Writes `count` values "prefix0", "prefix1", … spread evenly over the partitions.
  void produce_numbered(const std::string& topic, int count, const std::string& prefix = "", int partitions = 1);

  /// The first offset after the last record.
  [[nodiscard]] std::int64_t log_end(const std::string& topic, std::int32_t partition);

  /// What a group has committed in a partition.
  [[nodiscard]] std::optional<std::int64_t> committed(const std::string& group, const std::string& topic,
                                                      std::int32_t partition);

  /// Commits an offset for a group that has no members, as an operator's tool would.
  void commit(const std::string& group, const std::string& topic, std::int32_t partition, std::int64_t offset);

 private:
  struct close {
    void operator()(rd_kafka_s* client) const;
  };
  rd_kafka_s* producer();
  std::unique_ptr<rd_kafka_s, close> group_member(const std::string& group) const;

  std::string bootstrap_servers_;
  std::string delivery_failure_;  ///< why a record of the latest produce() did not arrive; empty: all did
  std::unique_ptr<rd_kafka_s, close> producer_;
};

}  // namespace kfs::test
