#pragma once

#include <string>

#include "config/access/tenant.hpp"
#include "config/base/error.hpp"
#include "config/store/tenant_rules.hpp"

namespace SQLite {
class Database;
}

namespace kfs {

// The rules of tenants in the embedded store, within the caller's transaction. Errors: SQLite::Exception and
// json::exception beside those named.

/// The tenant as it is stored; one without limits and without a name when it is not.
tenant stored_tenant(SQLite::Database& database, const std::string& name);

/// What the stored consumers of a tenant use.
tenant_usage usage_of(SQLite::Database& database, const std::string& name);

/// Checks a new consumer, whose row is written already. Errors: cannot_apply, quota_exceeded.
result<void> check_new_consumer(SQLite::Database& database, const std::string& tenant_name,
                                const consumer_footprint& made);

/// Checks a changed consumer, whose row is written already. Errors: cannot_apply, quota_exceeded.
result<void> check_changed_consumer(SQLite::Database& database, const std::string& tenant_name,
                                    const consumer_footprint& before, const consumer_footprint& after);

/// Writes the footprints of consumers that a server without tenants has stored.
void describe_consumers(SQLite::Database& database);

}  // namespace kfs
