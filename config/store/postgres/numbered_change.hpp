#pragma once

#include <functional>
#include <pqxx/pqxx>
#include <string>

#include "config/access/audit_entry.hpp"
#include "config/base/error.hpp"
#include "config/base/ids.hpp"
#include "config/store/access_json.hpp"
#include "config/store/postgres/session.hpp"
#include "config/store/postgres/tenant_rows.hpp"

namespace kfs {

/// A change of a consumer that is written, but for its number and its audit entry.
struct written_change {
  tenant_check checked = tenant_check::passed;
  consumer_change_facts facts;
};

/// Changes the consumer `id` by `work` in one transaction, which takes the next number when `work` has succeeded,
/// writes the audit entry (nullptr: none) and tells all replicas. `tried` is for messages: "store a consumer".
///
/// Locks rows in the order sealing, consumers, group and tenant (tenant_rows.hpp), counters, reports; whoever locks
/// several of them keeps it. `work` is called again when it needs the footprints of all consumers.
///
/// Errors: those of `work` and of the session.
result<change_number> change_with_number(postgres_session& session, const std::string& tried, const consumer_id& id,
                                         const audit_entry* entry,
                                         const std::function<result<written_change>(pqxx::work&)>& work);

}  // namespace kfs
