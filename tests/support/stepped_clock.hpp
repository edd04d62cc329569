#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "tests/support/temp_directory.hpp"

namespace kfs::test {

/// The wall clock of a server that is started with environment(): the test steps it while the server runs. The other
/// clocks of the server, and the clocks of all other processes, stay as they are.
///
/// Ownership: it lives as long as the servers that use it.
/// Threading: step_to() may be called from any thread.
/// Errors: std::system_error when its file cannot be made.
class stepped_clock {
 public:
  /// Shows the time of this machine.
  stepped_clock();
  ~stepped_clock();
  stepped_clock(const stepped_clock&) = delete;
  stepped_clock& operator=(const stepped_clock&) = delete;

  /// False in a build with sanitizers.
  static bool is_available();

  [[nodiscard]] std::map<std::string, std::string> environment() const;

  /// From now on it shows the time of this machine plus `offset`.
  void step_to(std::chrono::nanoseconds offset);

 private:
  temp_directory files_;
  std::filesystem::path file_ = files_.path() / "offset";
  std::int64_t* offset_ = nullptr;
};

}  // namespace kfs::test
