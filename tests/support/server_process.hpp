#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/child_process.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/temp_directory.hpp"

namespace kfs::test {

/// The built server as a process on a free port of 127.0.0.1. Its files are in files(), which is removed with the test:
/// DATA_DIR is files()/data, file sinks may write below files(), and a `.env` is read from there. The server connects
/// only to loopback addresses.
///
/// Prints the server's log when the test case fails.
///
/// Threading: none. Errors: std::runtime_error with the log when the server does not listen.
class server_process {
 public:
  /// Starts the server. `environment` adds to the settings above and overrides them. `launcher` is a command that runs
  /// the command appended to it. `program` is another build of the server; empty for the one under test.
  explicit server_process(std::map<std::string, std::string> environment = {}, std::vector<std::string> arguments = {},
                          std::vector<std::string> launcher = {}, std::filesystem::path program = {});
  ~server_process();

  [[nodiscard]] const std::filesystem::path& files() const noexcept { return files_.path(); }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::string url() const;

  /// A new client of this server.
  [[nodiscard]] http_client client() const;

  /// The log since the latest start.
  [[nodiscard]] std::string log() const;

  [[nodiscard]] child_process& process() noexcept { return *process_; }

  /// Sends SIGTERM and returns the exit code; 137 when it had to be killed after 30 s.
  int stop();

  /// kill -9.
  void kill();

  /// Restarts it after stop() or kill() with the same files on another free port.
  void start();

  /// The next start() starts that program.
  void replace_program(std::filesystem::path program) { program_ = std::move(program); }

  /// Restarts it as the server with fault points (config/base/fault_point.hpp). `variables` are set for this start only
  /// and choose the fault point. False when the server ends before it listens.
  bool start_with_faults(const std::map<std::string, std::string>& variables,
                         const std::vector<std::string>& launcher = {});

 private:
  bool start(std::vector<std::string> command, const std::map<std::string, std::string>& variables);
  [[nodiscard]] std::filesystem::path log_path() const;
  [[nodiscard]] std::uint16_t listening_port() const;

  temp_directory files_;
  std::map<std::string, std::string> environment_;
  std::vector<std::string> arguments_;
  std::vector<std::string> launcher_;
  std::filesystem::path program_;
  std::unique_ptr<child_process> process_;
  int starts_ = 0;
  std::uint16_t port_ = 0;
};

/// The result of a run that ends by itself, such as --help or --check-config.
struct finished_run {
  int exit_code = 0;
  std::string output;  ///< stdout and stderr
};

/// Runs the server in `directory` until it ends. The exit code is 137 when it does not end within 20 s.
finished_run run_server(const std::vector<std::string>& arguments,
                        const std::map<std::string, std::string>& environment, const std::filesystem::path& directory);

}  // namespace kfs::test
