#pragma once

#include <filesystem>
#include <string_view>

#include "config/base/error.hpp"

namespace kfs {

/// The error that `number` (an errno) stands for: sink_denied where a human must change something, sink_unavailable
/// where the same may work later. The message names `path` and tells what to do. `tried`: "open", "write".
error file_error(int number, std::string_view tried, const std::filesystem::path& path);

}  // namespace kfs
