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

/// How long real parts are given for what takes them well under a second when the machine is idle.
inline constexpr std::chrono::seconds patience{30};

inline constexpr int partitions = 4;

/// A server, and one consumer of a topic of the test's own that writes a file below the server's directory.
///
/// What a test takes for granted ends the test case when it fails. Threading: none.
class consuming {
 public:
  explicit consuming(std::size_t width = 10);
  explicit consuming(const std::string& bootstrap_servers, std::size_t width = 10);

  /// Makes and starts the consumer.
  void create(const json& options = json::object(), const json& sink_options = json::object());
  /// A consumer's body, of the same topic, group and file.
  [[nodiscard]] json body(const json& options = json::object(), const json& sink_options = json::object()) const;

  json start_consumer() { return commanded("start"); }
  json stop_consumer() { return commanded("stop"); }
  void delete_consumer();
  void change_consumer(const json& change);
  json consumer();
  [[nodiscard]] bool becomes(const std::string& status, std::chrono::milliseconds within = patience);

  /// Starts the server again after it has ended.
  void start_server();
  /// The server with fault points in its place, which ends (or stalls) at the `hit`th time of one.
  void start_server_with_fault(const std::string& point, int hit, const std::map<std::string, std::string>& more = {},
                               const std::vector<std::string>& launcher = {});

  /// Produces a few records now and again until the server has been killed.
  [[nodiscard]] bool dies_while_records_come();

  /// The group has committed all that there is, as an operator sees it.
  [[nodiscard]] bool has_no_lag();

  /// The files hold as much as they shall.
  [[nodiscard]] bool arrives(std::chrono::milliseconds within = patience) const;
  /// They hold exactly what they shall, and go on doing so once the consumer was stopped. `what` is printed with it.
  void check_exact(const std::string& what);
  /// The same while the consumer goes on.
  void check_exact_while_running(const std::string& what) const;

  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return server.files() / name; }
  [[nodiscard]] std::filesystem::path journal() const;

  record_flow flow;
  test::server_process server;
  test::http_client client;
  std::string group;
  std::filesystem::path out;
  std::string path;  ///< of the consumer

 private:
  json commanded(const std::string& command);
};

/// The options of librdkafka's client, as a consumer is given them.
json kafka_properties(const json& properties);

/// What Kafka's own consumer-groups tool prints; it has to succeed. Empty: there is no such group.
std::string groups_tool(const std::string& bootstrap_servers, const std::vector<std::string>& arguments);

/// Prints a line for people, also where nothing failed.
void say(const std::string& line);

}  // namespace kfs::fault
