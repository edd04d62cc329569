#pragma once

#include <filesystem>
#include <string>

#include "config/base/error.hpp"

namespace SQLite {
class Exception;
}

namespace kfs {

/// What SQLite threw while `tried` was done to `file`, with what to do about it: "cannot <tried> in <file>: …".
/// A broken constraint is `internal`, everything else store_unavailable.
error to_error(const std::string& tried, const std::filesystem::path& file, const SQLite::Exception& problem);

/// store_unavailable: "<file> <why>", where only a backup or a new file helps.
tl::unexpected<error> unreadable(const std::filesystem::path& file, const std::string& why);

}  // namespace kfs
