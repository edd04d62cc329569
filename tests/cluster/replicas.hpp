#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "config/base/json.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/kafka_cluster.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/temp_directory.hpp"

namespace kfs::cluster_test {

inline constexpr std::chrono::seconds patience{30};

/// Several built servers on one PostgreSQL of their own, with the Kafka broker that all suites share. Their file sinks
/// may write below files().
///
/// Threading: none. A step that fails ends the test case.
class replicas {
 public:
  explicit replicas(std::size_t count, std::map<std::string, std::string> environment = {});

  [[nodiscard]] std::size_t size() const { return processes_.size(); }
  [[nodiscard]] test::server_process& process(std::size_t number) { return *processes_.at(number); }
  [[nodiscard]] test::http_client client(std::size_t number) const { return processes_.at(number)->client(); }
  [[nodiscard]] static std::string name(std::size_t number) { return "replica-" + std::to_string(number); }
  [[nodiscard]] test::postgres_server& postgres() { return postgres_; }
  [[nodiscard]] test::kafka_cluster& kafka() { return kafka_; }
  [[nodiscard]] const std::filesystem::path& files() const { return files_.path(); }

  /// Starts one more, with other settings where `environment` has some, and waits until it is ready. `launcher` is a
  /// command that runs the command appended to it. `program` is another build of the server.
  void add(const std::map<std::string, std::string>& environment = {}, const std::vector<std::string>& launcher = {},
           const std::filesystem::path& program = {});
  /// kill -9; it does not come back.
  void kill(std::size_t number);
  /// Starts it again after kill() or stop().
  void start(std::size_t number);
  [[nodiscard]] bool becomes_ready(std::size_t number) const;

  /// Creates a started consumer of a new topic through that replica, with a file of its own.
  json created(std::size_t through, int number, const json& options = json::object());
  [[nodiscard]] std::filesystem::path out(int number) const;

  /// What that replica answers.
  json cluster(std::size_t asked) const;
  json consumer(std::size_t asked, const json& which) const;
  std::vector<json> consumers(std::size_t asked) const;

  /// The number of instances by replica, as that replica tells.
  std::map<std::string, int> shares(std::size_t asked) const;
  /// The replicas to which that one has a link, itself included.
  std::set<std::string> links(std::size_t asked) const;
  /// Waits until all consumers are ACTIVE and their owners live, as that replica tells.
  [[nodiscard]] bool all_active(std::size_t asked, std::chrono::milliseconds within = patience) const;
  /// Waits until these are the shares, in any order.
  [[nodiscard]] bool becomes_shared(std::size_t asked, std::vector<int> shares,
                                    std::chrono::milliseconds within = patience) const;

 private:
  test::postgres_server postgres_;
  test::kafka_cluster kafka_{test::shared_bootstrap_servers()};
  test::temp_directory files_;
  std::map<std::string, std::string> environment_;
  std::vector<std::unique_ptr<test::server_process>> processes_;
};

/// The path of a consumer that was answered.
std::string path_of(const json& consumer);

/// The complete lines of a file.
std::vector<std::string> lines_of(const std::filesystem::path& file);

}  // namespace kfs::cluster_test
