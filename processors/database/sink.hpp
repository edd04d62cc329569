#pragma once

#include <chrono>

#include "processors/database/dsn.hpp"
#include "processors/database/table.hpp"
#include "processors/sink_registry.hpp"

namespace kfs {

/// What a database sink is made of.
struct database_sink_options {
  postgres_dsn dsn;
  table_wish table;
  bool deletes_null = false;
  std::chrono::milliseconds timeout{30'000};  ///< of one statement
};

/// A sink that writes to one table. Rows and the next offset of each partition are one transaction, and what the
/// bookkeeping covers is skipped, so a record is there once whatever is killed or tried again.
///
/// Errors: sink_unavailable, sink_denied; member_fenced where another writer has taken a partition over since
/// positions() and is not behind what is to be written.
sink_ptr make_database_sink(database_sink_options options, const sink_environment& environment, lifeline held_by);

}  // namespace kfs
