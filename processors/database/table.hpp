#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/base/error.hpp"
#include "processors/database/columns.hpp"
#include "processors/database/connection.hpp"
#include "processors/database/target.hpp"

namespace kfs {

/// The table that a processor is configured for.
struct table_wish {
  table_name name;
  bool create = true;
  std::vector<std::pair<std::string, column_wish>> columns;  ///< empty for our own layout
  std::vector<std::string> keys;                             ///< of an upsert; empty to append
};

/// Looks the table up in the catalogue, or makes it if that is allowed. Checks that all columns exist and can hold
/// their values, and makes the session ready to write. Runs in the caller's transaction.
///
/// Errors: as database_error() says; sink_denied when the table does not fit, with the reason.
result<database_target> prepare_table(postgres_connection& connection, const table_wish& wish, std::string_view place);

}  // namespace kfs
