#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "tests/support/child_process.hpp"

namespace kfs::test {

/// A script of deploy/ that runs a server in the foreground with all its files below `directory`.
struct local_server_command {
  std::string script;  ///< "kafka.sh"
  std::string name;    ///< "Kafka"
  std::filesystem::path directory;
  std::filesystem::path log;
  std::chrono::seconds patience;
};

/// Starts it and waits until it answers. Errors: std::runtime_error with the end of its log where it does not.
std::unique_ptr<child_process> start_local_server(const local_server_command& command,
                                                  const std::function<bool()>& answers);

/// The first line of a file, without its end; empty where there is none.
std::string first_line(const std::filesystem::path& path);

}  // namespace kfs::test
