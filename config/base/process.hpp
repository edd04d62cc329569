#pragma once

#include <cstddef>
#include <map>
#include <string>

namespace kfs {

/// The variables of the environment of this process.
std::map<std::string, std::string> process_environment();

/// Raises the limit of open files as far as allowed, and returns it.
std::size_t raise_open_files();

}  // namespace kfs
