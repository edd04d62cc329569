#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/base/error.hpp"
#include "processors/database/columns.hpp"
#include "processors/database/connection.hpp"

namespace kfs {

/// What a processor wants of a table.
struct table_wish {
  table_name name;
  bool create = true;
  std::vector<std::pair<std::string, source_expression>> columns;  ///< empty: our own layout
  std::vector<std::string> keys;                                   ///< of an upsert; empty: append
};

/// A table that is there and fits.
struct database_target {
  std::string schema;
  std::string table;
  std::vector<database_column> columns;
  bool is_own = false;  ///< of our own layout
  bool upserts = false;
  bool has_deferred = false;  ///< constraints that are checked with the COMMIT only, unless told otherwise

  [[nodiscard]] std::string quoted() const;        ///< for statements
  [[nodiscard]] std::string shown() const;         ///< for messages
  [[nodiscard]] std::string copy_command() const;  ///< into the table, or with `upserts` into the staging table
  [[nodiscard]] std::string delete_statement() const;
  /// With `repeated` keys the newest row of each counts; without, such a key is SQLSTATE 21000.
  [[nodiscard]] std::string upsert_statement(bool repeated) const;
};

/// The staging table of an upsert, of one session.
inline constexpr std::string_view staging_table = "pg_temp.kafka_fetcher_staging";

/// Looks the table up in the catalogue, makes it if it may, checks that all columns are there and can hold what they
/// are given, and makes the session ready to write to it. Part of a transaction of the caller's.
///
/// Errors: as database_error() says, and sink_denied that says what does not fit.
result<database_target> prepare_table(postgres_connection& by, const table_wish& wish, std::string_view place);

}  // namespace kfs
