#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "config/base/error.hpp"
#include "config/base/file_descriptor.hpp"

namespace kfs {

/// Copies the first `length` bytes of an open file into an empty one: without copying blocks where the file system can
/// share them (FICLONE), else in the kernel (copy_file_range), else through memory.
///
/// `progress` is called with the bytes that are copied, about every 16 MiB and at the end; false ends the copy.
/// Errors: as file_error() says, for the path of the copy; sink_unavailable when the source is shorter; shutting_down
/// when `progress` ended the copy.
result<void> copy_bytes(const file_descriptor& from, const file_descriptor& to, std::int64_t length,
                        const std::filesystem::path& path_of_copy, const std::function<bool(std::int64_t)>& progress);

}  // namespace kfs
