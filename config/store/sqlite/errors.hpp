#pragma once

#include <filesystem>
#include <string>

#include "config/base/error.hpp"

namespace SQLite {
class Exception;
}

namespace kfs {

/// The error for an exception of SQLite, with what to do about it: "cannot <tried> in <file>: …".
/// A violated constraint is `internal`, everything else store_unavailable.
error to_error(const std::string& tried, const std::filesystem::path& file, const SQLite::Exception& problem);

/// The error store_unavailable, "<file> <reason>", when only a backup or a new file helps.
tl::unexpected<error> unreadable(const std::filesystem::path& file, const std::string& reason);

}  // namespace kfs
