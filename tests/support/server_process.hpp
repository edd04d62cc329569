#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/child_process.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/temp_directory.hpp"

namespace kfs::test {

/// The built server as a process of its own, on a free port of 127.0.0.1, with all its files in a directory that ends
/// with the test: DATA_DIR is files()/data, file sinks may write below files(), and a `.env` would be read from there.
/// Brokers and HTTP endpoints are connected to on loopback addresses only.
///
/// What it logged is printed when the test case that used it failed.
///
/// Threading: none. Errors: std::runtime_error with the log where it does not come to listen.
class server_process {
 public:
  /// Starts it; `environment` adds to, and wins over, the settings above. A launcher is a command that runs the command
  /// that it is given.
  explicit server_process(std::map<std::string, std::string> environment = {}, std::vector<std::string> arguments = {},
                          std::vector<std::string> launcher = {});
  ~server_process();

  [[nodiscard]] const std::filesystem::path& files() const noexcept { return files_.path(); }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::string url() const;

  /// A new connection to it.
  [[nodiscard]] http_client client() const;

  /// What it has logged since its latest start.
  [[nodiscard]] std::string log() const;

  [[nodiscard]] child_process& process() noexcept { return *process_; }

  /// SIGTERM: the exit code (137 where it had to be killed after 30 s).
  int stop();

  /// kill -9.
  void kill();

  /// Starts it again, after stop() or kill(), on the same files and on another free port.
  void start();

  /// The same with the server that has fault points (config/base/fault_point.hpp); `added` names one, for this start
  /// only, and `launcher` is as above. False where it has ended before it came to listen.
  bool start_with_faults(const std::map<std::string, std::string>& added,
                         const std::vector<std::string>& launcher = {});

 private:
  bool start(std::vector<std::string> command, const std::map<std::string, std::string>& added);
  [[nodiscard]] std::filesystem::path log_path() const;
  [[nodiscard]] std::uint16_t listening_port() const;

  temp_directory files_;
  std::map<std::string, std::string> environment_;
  std::vector<std::string> arguments_;
  std::vector<std::string> launcher_;
  std::unique_ptr<child_process> process_;
  int starts_ = 0;
  std::uint16_t port_ = 0;
};

/// One run of the binary that ends by itself (--help, --check-config, bad settings).
struct finished_run {
  int exit_code = 0;
  std::string output;  ///< stdout and stderr
};

/// Runs the server until it ends, in `directory`; 137 where it does not end within 20 s.
finished_run run_server(const std::vector<std::string>& arguments,
                        const std::map<std::string, std::string>& environment, const std::filesystem::path& directory);

}  // namespace kfs::test
