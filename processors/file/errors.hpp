#pragma once

#include <filesystem>
#include <string_view>

#include "config/base/error.hpp"

namespace kfs {

/// The error for an errno: sink_denied when somebody must change something, sink_unavailable when the same may succeed
/// later. The message names `path` and says what to do. `tried` is a verb, such as "open" or "write".
error file_error(int number, std::string_view tried, const std::filesystem::path& path);

}  // namespace kfs
