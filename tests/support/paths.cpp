#include "tests/support/paths.hpp"

#include <cstdlib>

namespace kfs::test {

std::filesystem::path source_directory() {
  return KFS_SOURCE_DIR;
}

std::string source_file(const std::string& path) {
  return (source_directory() / path).string();
}

std::filesystem::path server_binary() {
  if (const char* given = std::getenv("KFS_SERVER_BINARY")) return given;
  return KFS_SERVER_BINARY;
}

std::filesystem::path server_with_faults_binary() {
  return KFS_SERVER_WITH_FAULTS_BINARY;
}

std::filesystem::path stepped_clock_library() {
  return KFS_STEPPED_CLOCK_LIBRARY;
}

std::filesystem::path server_of_next_protocol_binary() {
  return KFS_SERVER_OF_NEXT_PROTOCOL_BINARY;
}

}  // namespace kfs::test
