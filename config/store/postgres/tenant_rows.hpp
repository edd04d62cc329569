#pragma once

#include <pqxx/pqxx>
#include <string>

#include "config/access/tenant.hpp"
#include "config/base/error.hpp"
#include "config/store/tenant_rules.hpp"

namespace kfs {

// The rules of tenants in PostgreSQL, within the caller's transaction. Errors: exceptions of libpqxx and
// json::exception beside those named.
//
// A check locks, after the row of the consumer, the group (an advisory lock) and then the row of the tenant, until the
// transaction ends: so of two replicas that want the last place, one waits and then sees what the other one has taken.

/// What a check has found.
enum class tenant_check : std::uint8_t {
  passed,
  undescribed,  ///< call describe_consumers() in a transaction of its own, and try again
};

/// Checks a new consumer, whose row is written already. Errors: cannot_apply, quota_exceeded.
result<tenant_check> check_new_consumer(pqxx::work& transaction, const std::string& tenant_name,
                                        const consumer_footprint& made);

/// Checks a changed consumer, whose row is written already. Locks only what the change needs. Errors: cannot_apply,
/// quota_exceeded.
result<tenant_check> check_changed_consumer(pqxx::work& transaction, const std::string& tenant_name,
                                            const consumer_footprint& before, const consumer_footprint& after);

/// What the stored consumers of a tenant use.
tenant_usage usage_of(pqxx::work& transaction, const std::string& name);

/// Writes the footprints of consumers that a server without tenants has stored.
void describe_consumers(pqxx::work& transaction);

}  // namespace kfs
