#pragma once

#include <chrono>
#include <string>

#include "processors/database/dsn.hpp"
#include "processors/database/table.hpp"
#include "processors/sink_registry.hpp"

namespace kfs {

/// The options of a `database_sync`, read.
struct database_sink_options {
  postgres_dsn dsn;
  table_wish table;
  bool deletes_null = false;
  std::chrono::milliseconds timeout{30'000};  ///< of one statement
};

/// Reads a validated config. `topic` names the table when the config does not.
database_sink_options read_database_sink_options(const json& config, const std::string& topic);

/// `database_sync`: writes every record to a PostgreSQL table, exactly once.
sink_type database_sync_type();

}  // namespace kfs
