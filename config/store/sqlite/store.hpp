#pragma once

#include <filesystem>
#include <memory>

#include "config/store/consumer_store.hpp"
#include "config/store/sealing.hpp"

namespace kfs {

/// Opens the embedded store `directory`/consumers.sqlite3 (SQLite, WAL mode, synchronous=FULL), makes it when it is
/// missing, and brings its schema to the newest version. Only one process at a time can open it. What was stored in
/// plain text, or with an older key, is sealed anew (sqlite_sealing).
///
/// Errors: store_unavailable with the path and what to do (not writable, disk full, newer schema, in use, corrupt).
result<std::unique_ptr<consumer_store>> open_sqlite_store(const std::filesystem::path& directory,
                                                          spec_sealing_ptr sealing = std::make_shared<spec_sealing>());

}  // namespace kfs
