#pragma once

#include <filesystem>
#include <memory>

#include "config/store/consumer_store.hpp"

namespace kfs {

/// Opens, or makes, the embedded store: SQLite in WAL mode with synchronous=FULL in `directory`/consumers.sqlite3, and
/// brings its schema to the newest version. One process at a time: a second one is told which file is held.
///
/// Errors: store_unavailable with the path and what to do (not writable, disk full, newer schema, held, corrupt).
result<std::unique_ptr<consumer_store>> open_sqlite_store(const std::filesystem::path& directory);

}  // namespace kfs
