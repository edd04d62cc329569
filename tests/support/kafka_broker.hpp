#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/child_process.hpp"
#include "tests/support/temp_directory.hpp"

namespace kfs::test {

/// A real Kafka broker for one test, started by deploy/kafka.sh on a free port of 127.0.0.1.
///
/// Ends with the test, even when the test crashes. Keeps port and data when it is restarted.
///
/// Threading: none. Errors: std::runtime_error with the end of the broker's log when it does not start.
class kafka_broker {
 public:
  /// Starts a broker and waits until it answers (about 4 s).
  kafka_broker();

  /// "127.0.0.1:PORT"
  [[nodiscard]] const std::string& bootstrap_servers() const noexcept { return bootstrap_servers_; }
  [[nodiscard]] std::uint16_t port() const;

  /// Stops it in an orderly way. Connections are refused from then on.
  void stop();

  /// kill -9.
  void kill();

  /// SIGSTOP: connections stay open, and the kernel accepts new ones, but nothing is answered.
  void freeze();

  /// SIGCONT.
  void thaw();

  /// Restarts it after stop() or kill() with the same port and data. Waits until it answers.
  void start();

  /// From the next start() on, the broker advertises its port at `host`. Clients cannot reach it there unless `host` is
  /// 127.0.0.1.
  void advertise(const std::string& host);

  /// Opens a second port, from the next start() on, where clients have to prove who they are with password_mechanism(),
  /// and returns its address. Called once.
  std::string require_passwords();

  /// SCRAM-SHA-512, or PLAIN where this librdkafka cannot do SCRAM with Kafka 4 (before 2.6.1).
  static std::string password_mechanism();

  /// Gives a user a password, or another one. The broker runs; for PLAIN it is restarted.
  void set_password(const std::string& user, const std::string& password);

  /// From the next start() on, whoever proves who they are may do only what was granted. Whoever need not, at
  /// bootstrap_servers(), may do everything. Called once.
  void require_rights();

  /// Lets a user do something, such as "Read", with the "topic" or "group" of that name, or takes that right away. The
  /// broker runs.
  void grant(const std::string& user, const std::string& operation, const std::string& type, const std::string& name);
  void revoke(const std::string& user, const std::string& operation, const std::string& type, const std::string& name);

 private:
  void run_tool(std::vector<std::string> arguments);
  void change_right(const char* how, const std::string& user, const std::string& operation, const std::string& type,
                    const std::string& name);

  temp_directory files_;
  std::unique_ptr<child_process> process_;
  std::string bootstrap_servers_;
  std::map<std::string, std::string> plain_passwords_;  ///< by user
};

/// The broker that all suites share: the one that KFS_TEST_BOOTSTRAP names (tests/run.sh starts it), or one that the
/// first call starts and that ends with the process. Use unique names for topics and groups, and do not stop it: a test
/// of faults starts its own kafka_broker.
const std::string& shared_bootstrap_servers();

}  // namespace kfs::test
