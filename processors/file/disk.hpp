#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "config/base/error.hpp"
#include "config/base/file_descriptor.hpp"

namespace kfs {

/// Whether something has this name, a symbolic link that leads nowhere included.
bool is_there(const std::filesystem::path& path);

/// The content of an open file. Errors: as file_error() says; sink_denied when it has more than `most_bytes`.
result<std::string> read_whole(const file_descriptor& file, const std::filesystem::path& path, std::int64_t most_bytes);

/// Makes `text` the content of the file at `path`; it is on the disk when this returns. Errors: as file_error() says.
result<void> write_whole(const std::filesystem::path& path, std::string_view text);

/// Forces the names of a directory to the disk. Errors: as file_error() says.
result<void> sync_directory(const std::filesystem::path& directory);

}  // namespace kfs
