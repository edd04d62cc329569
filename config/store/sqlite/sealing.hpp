#pragma once

#include <string>

#include "config/base/error.hpp"
#include "config/store/sealing.hpp"

namespace SQLite {
class Database;
}

namespace kfs {

/// Which key the secrets in an embedded store are encrypted with, and the move to another key.
///
/// The table `sealing` names the key. It is made when a server with a key opens the store first, and changes no version
/// of the schema.
///
/// Ownership: of the store; database and sealing outlive it. Threading: none.
/// Errors: SQLite::Exception and json::exception; result<> for the rest.
class sqlite_sealing {
 public:
  sqlite_sealing(SQLite::Database& database, const spec_sealing& sealing) : database_(database), sealing_(sealing) {}

  /// Moves all that is stored to the current key, and removes what is left of the texts before from the files. Called
  /// once, before the first to_text(), outside of a transaction.
  result<void> begin();

  /// Tries again to remove what is left, where another reader of the files has hindered it.
  result<void> clean();

  /// The text of a consumer for this store. Errors: secret_unavailable when the key of the store is missing.
  [[nodiscard]] result<std::string> to_text(const consumer_spec& spec) const;

 private:
  /// Where texts may be left that were stored before.
  enum residue : int { nowhere = 0, in_log = 1, in_log_and_free_pages = 2 };

  result<void> move_all(const char* select, const char* update);
  void set_residue(residue left);

  SQLite::Database& database_;
  const spec_sealing& sealing_;
  std::string key_;  ///< of the store; empty when it is plain
  residue left_ = nowhere;
};

}  // namespace kfs
