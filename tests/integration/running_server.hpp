#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/base/json.hpp"
#include "tests/support/background.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/kafka_cluster.hpp"
#include "tests/support/server_process.hpp"

namespace kfs::integration {

/// The time limit for steps of real parts that take well under a second on an idle machine.
inline constexpr std::chrono::seconds patience{30};

/// The server as a process, used over HTTP, with consumers that write files in its directory.
///
/// A step that fails (creating a consumer, stopping it, …) ends the test case.
///
/// Threading: none. Other threads of a test use their own clients (process().client()).
class running_server {
 public:
  /// `environment` is the server's; see test::server_process.
  explicit running_server(std::map<std::string, std::string> environment = {});

  test::http_response get(const std::string& path) { return client_.get(path); }

  /// Creates a consumer and returns the answer.
  json created(const json& body);
  json started(const json& consumer) { return post_command(consumer, "start"); }
  json stopped(const json& consumer) { return post_command(consumer, "stop"); }
  json paused(const json& consumer) { return post_command(consumer, "pause"); }
  json changed(const json& consumer, const json& change);
  void deleted(const json& consumer);

  /// The consumer's current state.
  json now(const json& consumer);
  std::string status(const json& consumer) { return now(consumer).at("status").get<std::string>(); }

  /// Waits until the consumer has this status. False when `within` has passed.
  [[nodiscard]] bool becomes(const json& consumer, const std::string& status,
                             std::chrono::milliseconds within = patience);

  /// Waits until the consumer is in ERROR with this code. After a kill it may be in ERROR because of the lost replica
  /// first.
  [[nodiscard]] bool fails_with(const json& consumer, const std::string& code,
                                std::chrono::milliseconds within = patience);

  /// The answer of GET /monitor/consumer-group-lag; an empty object while the group has no committed offset.
  json lag(const test::kafka_cluster& kafka, const std::string& group, const std::string& topic);

  /// Kills the server (SIGKILL) and restarts it with the same files.
  void restart_killed();

  /// Restarts the server after it has ended.
  void start_again();

  /// The path of a file that this server's sinks may write.
  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return process_.files() / name; }

  [[nodiscard]] test::server_process& process() noexcept { return process_; }

 private:
  json post_command(const json& consumer, const std::string& command);

  test::server_process process_;
  test::http_client client_;
};

/// The processor part of a consumer's body for a file sink.
json file_sink(const std::filesystem::path& file);

/// The body that creates and starts a consumer of `topic` with one file sink.
json consumer_body(const std::string& bootstrap_servers, const std::string& topic, const std::string& group,
                   const std::filesystem::path& file);

/// The path of a consumer that was answered.
std::string path_of(const json& consumer);

/// The complete lines of a file without their line ends; empty when the file does not exist.
std::vector<std::string> lines_of(const std::filesystem::path& file);

/// The number of complete lines of a file.
std::int64_t line_count(const std::filesystem::path& file);

/// A server whose consumers share one file, `out`, and one group.
struct writing_server : running_server {
  std::string group = test::unique_name("group");
  std::filesystem::path out = file("out.log");

  /// Waits until the file has `count` complete lines. False when `within` has passed.
  [[nodiscard]] bool has_lines(std::int64_t count, std::chrono::milliseconds within = patience) const;
};

/// The same with the Kafka broker that all suites share.
struct writing_from_shared_kafka : writing_server {
  test::kafka_cluster kafka{test::shared_bootstrap_servers()};

  json body(const std::string& topic) const { return consumer_body(kafka.bootstrap_servers(), topic, group, out); }
};

/// The sum of a group's committed offsets over the partitions of a topic.
std::int64_t committed_in_all(test::kafka_cluster& kafka, const std::string& group, const std::string& topic,
                              int partitions);

/// Produces numbered records to a topic without a pause until finish(): "0000000;", "0000001;", … spread over the
/// partitions. All have the same width, so that a torn line differs from every record.
///
/// Threading: produces in its own thread, which ends with finish() or the destructor. Call it from one thread.
class endless_producer {
 public:
  endless_producer(std::string bootstrap_servers, std::string topic, int partitions);

  /// Stops producing. Returns the number of records in the log. Throws what the producing thread has thrown.
  int finish();

  /// The value of record `number`.
  static std::string value(int number);

 private:
  void run(const std::stop_token& ends);

  std::string bootstrap_servers_;
  std::string topic_;
  int partitions_;
  int written_ = 0;
  test::background producing_;  // last, because it uses the other members
};

/// Checks that lines are the records of an endless_producer, each once, and in order within each of `partitions`.
/// Returns the first difference; nullopt when there is none.
std::optional<std::string> not_once_each(const std::vector<std::string>& lines, int records, int partitions);

/// The numbers of the records, out of `records`, that no line contains.
std::vector<int> missing(const std::vector<std::string>& lines, int records);

}  // namespace kfs::integration
