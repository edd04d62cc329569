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
  bool check_config = false;                         ///< read the settings, report mistakes, do not serve
  bool print_config = false;                         ///< show each setting, its value and origin, do not serve
  bool version = false;
  bool help = false;
};

/// Reads the arguments after the program's name. Each may stand once. The error names the argument and what to write.
result<command_line> parse_command_line(const std::vector<std::string>& arguments);

/// The usage line and one line an argument, for --help and after an error.
std::string command_line_help();

}  // namespace kfs
