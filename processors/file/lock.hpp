#pragma once

#include <filesystem>
#include <string>

#include "config/base/error.hpp"
#include "config/base/file_descriptor.hpp"

namespace kfs {

/// Takes the advisory lock (flock) of an open file, until the file is closed. Succeeds on file systems without locks.
/// sink_unavailable while another process holds the lock; the message names that process when the system tells which
/// it is (/proc/locks, proc(5)).
result<void> lock_file(const file_descriptor& file, const std::filesystem::path& path);

/// Whether another process, or another open file of this one, holds the lock. Otherwise this open file holds it now.
/// False on file systems without locks.
bool is_held_elsewhere(const file_descriptor& file);

/// Who holds the lock of an open file: "process 4711 (tail)", or what is known of it.
std::string lock_holder_of(const file_descriptor& file);

}  // namespace kfs
