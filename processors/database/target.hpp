#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "processors/database/columns.hpp"

namespace kfs {

/// The format of a COPY command.
enum class copy_format : std::uint8_t { text, binary };

/// A table that exists and fits the configuration.
struct database_target {
  std::string schema;
  std::string table;
  std::vector<database_column> columns;
  bool is_own = false;  ///< of our own layout
  bool upserts = false;
  bool staged = false;  ///< rows go through a staging table: for upserts, for columns that may take a DEFAULT, and
                        ///< where COPY does not work: under row-level security and rules, into views
  bool encodes_unicode = true;   ///< the database's encoding has every character
  std::string state_expression;  ///< for statements: a text that changes whenever the table is altered or replaced
  std::string state;             ///< its value for the table as it is described here
  std::string surroundings_expression;  ///< the same for what its rows depend on: functions of triggers, types
  std::string surroundings;

  [[nodiscard]] std::string quoted() const;  ///< for statements
  [[nodiscard]] std::string shown() const;   ///< for messages
  /// Whether COPY's binary format can pass values of all columns on.
  [[nodiscard]] bool has_binary_form() const;
  [[nodiscard]] std::string copy_command(copy_format format) const;  ///< into the table, or into the staging table
  [[nodiscard]] std::string delete_statement() const;
  /// Takes the rows over from the staging table. With `repeated`, the newest row of each key of an upsert counts;
  /// without it, a repeated key fails with SQLSTATE 21000.
  [[nodiscard]] std::string insert_statement(bool repeated) const;
};

/// The column of the staging table that says whether the column with this index takes its DEFAULT.
std::string missing_flag(std::size_t column);

/// The staging table; each session has its own.
inline constexpr std::string_view staging_table = "pg_temp.kafka_fetcher_staging";

}  // namespace kfs
