#pragma once

#include <filesystem>
#include <string>

namespace kfs::test {

/// The root of this checkout.
std::filesystem::path source_directory();

/// The absolute path of a file of this checkout: source_file("http/openapi.yaml").
std::string source_file(const std::string& path);

/// The server under test: KFS_SERVER_BINARY of the environment, or the one of this build.
std::filesystem::path server_binary();

/// The server with fault points (config/base/fault_point.hpp), of this build.
std::filesystem::path server_with_faults_binary();

/// The library that gives a process a wall clock that a test steps (stepped_clock.hpp), of this build; empty in a build
/// with sanitizers, which hide the same functions.
std::filesystem::path stepped_clock_library();

/// The server that speaks the next protocol of links (cluster/link/protocol.hpp), of this build.
std::filesystem::path server_of_next_protocol_binary();

}  // namespace kfs::test
