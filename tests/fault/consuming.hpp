#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "config/base/json.hpp"
#include "tests/fault/record_flow.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/server_process.hpp"

namespace kfs::fault {

/// The time limit for steps of real parts that take well under a second on an idle machine.
inline constexpr std::chrono::seconds patience{30};

inline constexpr int partitions = 4;

/// A server with one consumer that reads its own topic and writes a file in the server's directory.
///
/// A step that fails ends the test case. Threading: none.
class consuming {
 public:
  explicit consuming(std::size_t width = 10);
  explicit consuming(const std::string& bootstrap_servers, std::size_t width = 10);

  /// Creates and starts the consumer.
  void create(const json& options = json::object(), const json& sink_options = json::object());
  /// The body that creates a consumer of the same topic, group and file.
  [[nodiscard]] json body(const json& options = json::object(), const json& sink_options = json::object()) const;

  json start_consumer() { return post_command("start"); }
  json stop_consumer() { return post_command("stop"); }
  void delete_consumer();
  void change_consumer(const json& change);
  json consumer();
  /// Waits until the consumer has this status.
  [[nodiscard]] bool becomes(const std::string& status, std::chrono::milliseconds within = patience);

  /// Starts the consumer. The server may die before it answers.
  void start_consumer_to_die();

  /// Restarts the server after it has ended.
  void start_server();
  /// Starts the server with fault points instead. It ends, stalls or throws at pass number `hit` through `point`.
  void start_server_with_fault(const std::string& point, int hit,
                               const std::map<std::string, std::string>& variables = {},
                               const std::vector<std::string>& launcher = {});

  /// Produces a few records repeatedly until the server has been killed. False when it survives.
  [[nodiscard]] bool dies_while_records_come();

  /// Waits until the group has committed every record.
  [[nodiscard]] bool has_no_lag();

  /// Waits until the files have at least the expected size.
  [[nodiscard]] bool arrives(std::chrono::milliseconds within = patience) const;
  /// Waits for the expected content, stops the consumer, and checks that the files have exactly that content. Prints
  /// the result with `label`.
  void check_exact(const std::string& label);
  /// The same without stopping the consumer.
  void check_exact_while_running(const std::string& label) const;

  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return server.files() / name; }
  [[nodiscard]] std::filesystem::path journal() const;

  record_flow flow;
  test::server_process server;
  test::http_client client;
  std::string group;
  std::filesystem::path out;
  std::string path;  ///< the consumer's path in the API

 private:
  json post_command(const std::string& command);
};

/// The options of a consumer that set properties of librdkafka.
json kafka_properties(const json& properties);

/// The output of Kafka's consumer-groups tool, which must succeed. Empty when the group does not exist.
std::string groups_tool(const std::string& bootstrap_servers, const std::vector<std::string>& arguments);

/// Prints a line, also when nothing failed.
void say(const std::string& line);

}  // namespace kfs::fault
