#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "config/base/error.hpp"
#include "config/base/json.hpp"
#include "config/store/sqlite/data_directory.hpp"
#include "config/store/sqlite/errors.hpp"

namespace kfs {

/// The one connection of an embedded store.
///
/// Ownership: of the store; its parts refer to it.
/// Threading: one call at a time.
class sqlite_database {
 public:
  /// Errors: SQLite::Exception.
  explicit sqlite_database(data_directory directory);

  /// Sets up the connection and brings the schema to its newest version.
  result<void> prepare();

  [[nodiscard]] SQLite::Database& connection() noexcept { return database_; }
  /// A statement for what is run with nearly every change: it is prepared once, and ready to be bound. `sql` is a
  /// literal.
  SQLite::Statement& prepared(const char* sql);
  [[nodiscard]] const std::filesystem::path& file() const { return directory_.database_file(); }

  /// Runs `work`, which returns a result, and turns exceptions of the libraries into errors. `tried` is for messages:
  /// "store a consumer".
  template <class Work>
  auto guarded(const std::string& tried, Work work) -> decltype(work()) {
    try {
      return work();
    } catch (const SQLite::Exception& problem) {
      return tl::make_unexpected(to_error(tried, file(), problem));
    } catch (const json::exception&) {
      // Its message is not repeated: it quotes what it could not read, which may be a secret.
      return unreadable(file(), "holds a row that is not as it was written");
    }
  }

  /// The same in a transaction, which is committed when `work` succeeds.
  template <class Work>
  auto in_transaction(const std::string& tried, Work work) -> decltype(work()) {
    return guarded(tried, [&]() -> decltype(work()) {
      if (was_moved()) return unreadable(file(), "was removed or replaced while the server ran");
      SQLite::Transaction transaction(database_, SQLite::TransactionBehavior::IMMEDIATE);
      auto done = work();
      if (done) transaction.commit();
      return done;
    });
  }

 private:
  [[nodiscard]] tl::unexpected<error> newer_schema(int found, int newest) const;
  bool was_moved();

  data_directory directory_;  // before the connection, so that its lock is released last
  SQLite::Database database_;
  std::map<const char*, SQLite::Statement> prepared_;
};

}  // namespace kfs
