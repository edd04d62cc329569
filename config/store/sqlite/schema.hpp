#pragma once

#include <vector>

#include "config/store/migration.hpp"

namespace SQLite {
class Database;
}

namespace kfs {

/// Every step of the schema, by version from 1, without gaps.
const std::vector<migration>& sqlite_migrations();

/// The version of the schema in `database`; 0 when it has none.
/// Errors: SQLite::Exception.
int schema_version(const SQLite::Database& database);

/// Applies the steps that are newer than schema_version(), each in a transaction of its own, and records them in the
/// table `schema_version`.
/// Errors: SQLite::Exception; the steps before the one that failed stay applied.
void migrate(SQLite::Database& database);

}  // namespace kfs
