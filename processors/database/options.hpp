#pragma once

#include "processors/sink_registry.hpp"

namespace kfs {

/// `database_sync`: writes every record to a table of PostgreSQL, exactly once.
sink_type database_sync_type();

}  // namespace kfs
