#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "tests/support/child_process.hpp"
#include "tests/support/temp_directory.hpp"

namespace kfs::test {

/// A real Kafka broker of this test's own, started through deploy/kafka.sh on a free port of 127.0.0.1.
///
/// Ends with the test, even with one that crashes. Port and data stay the same from one start to the next.
///
/// Threading: none. Errors: std::runtime_error with the end of the broker's log where it does not start.
class kafka_broker {
 public:
  /// Starts one and waits until it answers (about 4 s).
  kafka_broker();

  /// "127.0.0.1:PORT"
  [[nodiscard]] const std::string& bootstrap_servers() const noexcept { return bootstrap_servers_; }
  [[nodiscard]] std::uint16_t port() const;

  /// Ends it as an operator would; connections are refused from then on.
  void stop();

  /// kill -9.
  void kill();

  /// SIGSTOP: connections stay open, or are even accepted by the kernel, but nothing is answered.
  void freeze();

  /// SIGCONT.
  void thaw();

  /// Starts it again after stop() or kill(), on the same port and data, and waits until it answers.
  void start();

  /// From the next start() on, clients that have found it by bootstrap_servers() are sent to its port at `host`, where
  /// nobody listens unless that is 127.0.0.1.
  void advertise(const std::string& host);

 private:
  temp_directory files_;
  std::unique_ptr<child_process> process_;
  std::string bootstrap_servers_;
};

/// The broker that all suites of a run share: the one that KFS_TEST_BOOTSTRAP names (tests/run.sh starts it), else one
/// that is started with the first call and ends with the process. Topics and groups need names of their own there, and
/// nobody may stop it: a test of faults starts its own kafka_broker.
const std::string& shared_bootstrap_servers();

}  // namespace kfs::test
