#include "config/store/sqlite/errors.hpp"

#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>

namespace kfs {
namespace {

std::string_view advice(int sqlite_code) {
  switch (sqlite_code) {
    case SQLITE_FULL:
      return "free space on its disk";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return "make the file and its directory writable for this user";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "restore it from a backup, or move it away to start without consumers";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "end the other program that writes to it";
    case SQLITE_IOERR:
      return "look into the system's log for faults of its disk";
    default:
      return "look into the system's log";
  }
}

}  // namespace

error to_error(const std::string& tried, const std::filesystem::path& file, const SQLite::Exception& problem) {
  const auto code = problem.getErrorCode();
  return {code == SQLITE_CONSTRAINT ? ec::internal : ec::store_unavailable,
          "cannot " + tried + " in " + file.string() + ": " + problem.what() + "; " + std::string(advice(code))};
}

tl::unexpected<error> unreadable(const std::filesystem::path& file, const std::string& reason) {
  return failure(ec::store_unavailable, file.string() + " " + reason + "; " + std::string(advice(SQLITE_CORRUPT)));
}

}  // namespace kfs
