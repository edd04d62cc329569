#pragma once

#include <string>
#include <string_view>

#include "config/base/error.hpp"
#include "processors/database/connection.hpp"

namespace kfs {

/// What is at fault for an error of PostgreSQL (processors/database/README.md).
///  - record: the record can never be stored (classes 22, 23, 44, 54, and what a trigger raises)
///  - server: it is away, overloaded, full, read-only, or had a conflict: a retry may succeed
///  - setting: rights, names or types do not fit: somebody must change them
enum class database_fault : std::uint8_t { record, server, setting };

database_fault fault_of(const sql_failure& failure) noexcept;

/// sink_unavailable or sink_denied. `what` says what was tried and on what: `write to "public.orders" of
/// db:5432/shop`. The message never repeats a value of a record.
error database_error(std::string_view action, const sql_failure& failure);

/// record_rejected for a record that PostgreSQL rejected in `table`. `column` may be empty. The message never repeats
/// the value.
error rejected_record(std::string_view table, std::string_view column, const sql_failure& failure);

}  // namespace kfs
