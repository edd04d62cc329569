#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/base/error.hpp"
#include "processors/database/columns.hpp"
#include "processors/database/connection.hpp"

namespace kfs {

/// The table that a processor is configured for.
struct table_wish {
  table_name name;
  bool create = true;
  std::vector<std::pair<std::string, source_expression>> columns;  ///< empty for our own layout
  std::vector<std::string> keys;                                   ///< of an upsert; empty to append
};

/// A table that exists and fits the configuration.
struct database_target {
  std::string schema;
  std::string table;
  std::vector<database_column> columns;
  bool is_own = false;  ///< of our own layout
  bool upserts = false;
  bool has_deferred = false;  ///< has constraints that are only checked at COMMIT by default

  [[nodiscard]] std::string quoted() const;        ///< for statements
  [[nodiscard]] std::string shown() const;         ///< for messages
  [[nodiscard]] std::string copy_command() const;  ///< into the table, or into the staging table for upserts
  [[nodiscard]] std::string delete_statement() const;
  /// With `repeated`, the newest row of each key counts; without it, a repeated key fails with SQLSTATE 21000.
  [[nodiscard]] std::string upsert_statement(bool repeated) const;
};

/// The staging table of an upsert; each session has its own.
inline constexpr std::string_view staging_table = "pg_temp.kafka_fetcher_staging";

/// Looks the table up in the catalogue, or makes it if that is allowed. Checks that all columns exist and can hold
/// their values, and makes the session ready to write. Runs in the caller's transaction.
///
/// Errors: as database_error() says; sink_denied when the table does not fit, with the reason.
result<database_target> prepare_table(postgres_connection& connection, const table_wish& wish, std::string_view place);

}  // namespace kfs
