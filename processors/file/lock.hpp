#pragma once

#include <filesystem>

#include "config/base/error.hpp"
#include "config/base/file_descriptor.hpp"

namespace kfs {

/// Takes the advisory lock (flock) of an open file until it is closed. File systems without locks are taken as they
/// are. sink_unavailable while somebody else holds it; the message names the process where the system tells (proc(5),
/// /proc/locks).
result<void> lock_file(const file_descriptor& file, const std::filesystem::path& path);

}  // namespace kfs
