#include "config/store/sqlite/database.hpp"

#include <sqlite3.h>

#include "config/store/sqlite/audit_rows.hpp"
#include "config/store/sqlite/schema.hpp"
#include "config/store/sqlite/tenant_rows.hpp"

namespace kfs {
namespace {

constexpr int busy_timeout_ms = 2'000;  // for other tools that read or back up the file

}  // namespace

sqlite_database::sqlite_database(data_directory directory)
    : directory_(std::move(directory)),
      database_(directory_.database_file().string(), SQLite::OPEN_READWRITE, busy_timeout_ms) {}

SQLite::Statement& sqlite_database::prepared(const char* sql) {
  auto& statement = prepared_.try_emplace(sql, database_, sql).first->second;
  statement.tryReset();  // it may have failed when it was last run
  return statement;
}

result<void> sqlite_database::prepare() {
  auto prepared = guarded("open the consumers", [this]() -> result<void> {
    database_.exec("PRAGMA foreign_keys = ON");
    database_.exec("PRAGMA synchronous = FULL");
    database_.exec("PRAGMA secure_delete = ON");  // what is replaced or removed is overwritten with zeros
    const auto mode = database_.execAndGet("PRAGMA journal_mode = WAL").getString();
    if (mode != "wal") return unreadable(file(), "cannot have a write-ahead log on this file system");
    const auto check = database_.execAndGet("PRAGMA quick_check(1)").getString();
    if (check != "ok") return unreadable(file(), "is damaged (" + check + ")");
    const int found = schema_version(database_);
    const int newest = sqlite_migrations().back().version;
    if (found > newest) return newer_schema(found, newest);
    migrate(database_);
    return {};
  });
  if (!prepared) return prepared;
  // No other process has the store, so nobody finishes what is pending.
  return in_transaction("prepare the consumers", [this]() -> result<void> {
    describe_consumers(database_);
    settle_all(database_);
    return {};
  });
}

tl::unexpected<error> sqlite_database::newer_schema(int found, int newest) const {
  return failure(ec::store_unavailable, file().string() + " has schema version " + std::to_string(found) +
                                            ", this server knows versions up to " + std::to_string(newest) +
                                            "; run the newer server, or set DATA_DIR to another directory");
}

/// Writes to a file that was deleted succeed and are lost.
bool sqlite_database::was_moved() {
  int moved = 0;
  sqlite3_file_control(database_.getHandle(), nullptr, SQLITE_FCNTL_HAS_MOVED, &moved);
  return moved != 0;
}

}  // namespace kfs
