#pragma once

#include <cstddef>
#include <cstdint>

#include "config/access/audit_entry.hpp"
#include "config/store/access_store.hpp"
#include "config/store/sqlite/database.hpp"

namespace kfs {

// The audit in the embedded store, within the caller's transaction. Errors: SQLite::Exception and json::exception.

/// Adds an entry and returns its id.
std::int64_t append_entry(sqlite_database& database, const audit_entry& entry);

void write_batch(SQLite::Database& database, const audit_batch& batch);

audit_page read_entries(SQLite::Database& database, const audit_filter& filter);

std::size_t prune_entries(SQLite::Database& database, timestamp before, std::size_t most);

/// Every pending entry becomes unknown. Returns how many.
std::size_t settle_all(SQLite::Database& database);

}  // namespace kfs
