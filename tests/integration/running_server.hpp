#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "config/base/json.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/kafka_cluster.hpp"
#include "tests/support/server_process.hpp"

namespace kfs::integration {

/// How long real parts are given for what takes them well under a second when the machine is idle.
inline constexpr std::chrono::seconds patience{30};

/// The server as a process of its own, asked over HTTP, with consumers that write to files below its directory.
///
/// What a test takes for granted (a consumer is made, stopped, …) ends the test case when it fails.
///
/// Threading: none; a test's other threads make clients of their own (process().client()).
class running_server {
 public:
  running_server();

  test::http_response get(const std::string& path) { return client_.get(path); }

  /// The answered consumer of a POST /consumers.
  json created(const json& body);
  json started(const json& consumer) { return commanded(consumer, "start"); }
  json stopped(const json& consumer) { return commanded(consumer, "stop"); }
  json changed(const json& consumer, const json& change);
  void deleted(const json& consumer);

  /// The consumer as it is now.
  json now(const json& consumer);
  std::string status(const json& consumer) { return now(consumer).at("status").get<std::string>(); }

  /// True once the consumer has this status, within `within`.
  [[nodiscard]] bool becomes(const json& consumer, const std::string& status,
                             std::chrono::milliseconds within = patience);

  /// What GET /monitor/consumer-group-lag answers; an empty object while the group has committed nothing.
  json lag(const test::kafka_cluster& kafka, const std::string& group, const std::string& topic);

  /// kill -9 and a new start on the same files.
  void restart_killed();

  /// A start after the process has ended.
  void start_again();

  /// A file that sinks of this server may write.
  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return process_.files() / name; }

  [[nodiscard]] test::server_process& process() noexcept { return process_; }

 private:
  json commanded(const json& consumer, const std::string& command);

  test::server_process process_;
  test::http_client client_;
};

/// A file sink's part of a consumer's body.
json file_sink(const std::filesystem::path& file);

/// The body of a POST that makes and starts a consumer of `topic` with one file sink.
json consumer_body(const std::string& bootstrap_servers, const std::string& topic, const std::string& group,
                   const std::filesystem::path& file);

/// Path of a consumer as it was answered.
std::string path_of(const json& consumer);

/// The whole lines of a file, without their ends; none where there is no file.
std::vector<std::string> lines_of(const std::filesystem::path& file);

/// How many lines a file has, whole ones.
std::int64_t line_count(const std::filesystem::path& file);

/// A server whose consumers write one file, `out`, in one group.
struct writing_server : running_server {
  std::string group = test::unique_name("group");
  std::filesystem::path out = file("out.log");

  /// True once the file has so many whole lines, within `within`.
  [[nodiscard]] bool has_lines(std::int64_t count, std::chrono::milliseconds within = patience) const;
};

/// The same with the Kafka that the suites share.
struct writing_from_shared_kafka : writing_server {
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};

  json body(const std::string& topic) const { return consumer_body(kafka.bootstrap_servers(), topic, group, out); }
};

/// What a group has committed, added up over the partitions of a topic.
std::int64_t committed_in_all(test::kafka_cluster& kafka, const std::string& group, const std::string& topic,
                              int partitions);

/// Writes numbered records to a topic, without a pause, until it ends: "0000000;", "0000001;", … spread over the
/// partitions. The fixed width makes a torn line unlike any record.
///
/// Threading: its own thread, which ends with finish() or the destructor. The rest is for the test's thread.
class endless_producer {
 public:
  endless_producer(std::string bootstrap_servers, std::string topic, int partitions);

  /// Ends it: how many records the log has now. Throws what producing threw.
  int finish();

  /// The value of the record of that number.
  static std::string value(int number);

 private:
  void run(const std::stop_token& ends);

  std::string bootstrap_servers_;
  std::string topic_;
  int partitions_;
  int written_ = 0;
  std::exception_ptr failure_;
  std::jthread thread_;  // last: it uses the rest
};

/// What is wrong with lines that shall be the records of an endless_producer, each once, and in order within each of
/// `partitions`; nothing: all is well.
std::optional<std::string> not_once_each(const std::vector<std::string>& lines, int records, int partitions);

/// The numbers of the records, of `records`, that no line holds.
std::vector<int> missing(const std::vector<std::string>& lines, int records);

}  // namespace kfs::integration
