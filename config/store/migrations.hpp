#pragma once

#include <vector>

namespace SQLite {
class Database;
}

namespace kfs {

/// One step of the schema, applied once, in a transaction of its own. A step that was ever released never changes.
struct migration {
  int version = 0;
  const char* sql = nullptr;
};

/// Every step, by version from 1, without gaps.
const std::vector<migration>& schema_migrations();

/// The version of the schema in `database`; 0: none.
/// Errors: SQLite::Exception.
int schema_version(const SQLite::Database& database);

/// Applies the steps that are newer than schema_version(); each is recorded in the table `schema_version`.
/// Errors: SQLite::Exception; what was applied before stays applied.
void migrate(SQLite::Database& database);

}  // namespace kfs
