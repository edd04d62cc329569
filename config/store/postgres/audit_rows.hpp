#pragma once

#include <cstddef>
#include <cstdint>
#include <pqxx/pqxx>
#include <string>

#include "config/access/audit_entry.hpp"
#include "config/store/access_store.hpp"

namespace kfs {

// The audit in PostgreSQL, within the caller's transaction. Errors: exceptions of libpqxx and json::exception.

/// The statement that adds an entry. `id` is an SQL expression for a number taken from counters.last_audit in the same
/// transaction, so that entries become visible in the order of their ids. `run` is the lock of this process.
std::string insertion_of(pqxx::work& transaction, const audit_entry& entry, const std::string& id, std::int64_t run);

/// Adds an entry and returns its id.
std::int64_t append_entry(pqxx::work& transaction, const audit_entry& entry, std::int64_t run);

/// Finishes entries also when another replica has taken this process for ended meanwhile.
void write_batch(pqxx::work& transaction, const audit_batch& batch, std::int64_t run);

audit_page read_entries(pqxx::work& transaction, const audit_filter& filter);

/// Several replicas may do so at the same time.
std::size_t prune_entries(pqxx::work& transaction, timestamp before, std::size_t most);

/// Entries that are pending and whose process, not that of `run`, has ended become unknown. Returns how many.
std::size_t settle_entries(pqxx::work& transaction, std::int64_t run);

}  // namespace kfs
