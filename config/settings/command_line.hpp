#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/base/error.hpp"

namespace kfs {

/// What the arguments of the server ask for.
struct command_line {
  std::optional<std::filesystem::path> config_file;  ///< --config FILE.yaml
  bool check_config = false;                         ///< check the settings and end
  bool print_config = false;                         ///< show each setting with its value and origin, and end
  bool version = false;
  bool help = false;
};

/// Reads the arguments after the program's name; each may be given once. The error names the argument and what to
/// write.
result<command_line> parse_command_line(const std::vector<std::string>& arguments);

/// The usage line and one line per argument, for --help and after an error.
std::string command_line_help();

}  // namespace kfs
