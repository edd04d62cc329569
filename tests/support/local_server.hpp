#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "tests/support/child_process.hpp"

namespace kfs::test {

/// A script of deploy/ that runs a server in the foreground and keeps its files in `directory`.
struct local_server_command {
  std::string script;  ///< for example "kafka.sh"
  std::string name;    ///< for messages, for example "Kafka"
  std::filesystem::path directory;
  std::filesystem::path log;
  std::chrono::seconds patience;
};

/// Starts the server and waits until `answers` is true. Errors: std::runtime_error with the end of its log.
std::unique_ptr<child_process> start_local_server(const local_server_command& command,
                                                  const std::function<bool()>& answers);

/// The first line of a file without its line end; empty when there is none.
std::string first_line(const std::filesystem::path& path);

}  // namespace kfs::test
