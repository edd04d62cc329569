#pragma once

#include <filesystem>
#include <stop_token>
#include <string_view>

#include "config/base/error.hpp"
#include "processors/file/byte_compressor.hpp"

namespace kfs {

/// What a compressed file's name ends in: ".gz", ".zst"; of none: "".
std::string_view suffix_of(compression how) noexcept;

/// Puts a compressed file in place of one that nobody writes any more: `<closed>.gz` or `<closed>.zst`, with the mode,
/// the time of the last change and, where the system allows it, the owner of the old file. With none: does nothing.
///
/// The old file goes when the new one is on the disk under its name. After a crash at any moment the same call finishes
/// what was begun: a rest (`<closed>.gz.partial`) is replaced; a compressed file that was changed last when the old one
/// was is complete and was made from it; and when only the compressed file is left there is nothing to do.
///
/// `closed` is absolute and resolved; a symbolic link in any part is an error.
/// Threading: safe from any thread; takes as long as compressing takes, looks at `stop` every 256 KiB.
/// Errors: as file_error() says; sink_denied when the compressed name is taken by something else; sink_unavailable when
/// another process holds the file or writes it meanwhile, and when stopped. The old file is whole and the rest removed.
result<void> compress_file(const std::filesystem::path& closed, compression how, const std::stop_token& stop);

}  // namespace kfs
