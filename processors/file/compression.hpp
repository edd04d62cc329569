#pragma once

#include <filesystem>
#include <stop_token>
#include <string_view>

#include "config/base/error.hpp"
#include "processors/file/byte_compressor.hpp"

namespace kfs {

/// The suffix of a compressed file's name: ".gz" or ".zst"; "" for none.
std::string_view suffix_of(compression how) noexcept;

/// Replaces a file that nobody writes any more by `<closed>.gz` or `<closed>.zst`, with the mode, the time of the last
/// change and, if the system allows it, the owner of the old file. Does nothing for compression::none.
///
/// The old file is removed once the new one is on the disk under its name. After a crash at any moment the same call
/// completes the work: a left-over `<closed>.gz.partial` is replaced; a compressed file with the old file's time of
/// change is complete and was made from it; when only the compressed file is left there is nothing to do.
///
/// `closed` is absolute and resolved; a symbolic link in any part is an error.
/// Threading: safe from any thread; takes as long as compressing takes, and checks `stop` every 256 KiB.
/// Errors: as file_error() says; sink_denied when something else has the compressed name; sink_unavailable when another
/// process holds or writes the file, and when stopped. Then the old file is unchanged, and what was begun is removed.
result<void> compress_file(const std::filesystem::path& closed, compression how, const std::stop_token& stop);

}  // namespace kfs
