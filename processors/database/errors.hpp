#pragma once

#include <string>
#include <string_view>

#include "config/base/error.hpp"
#include "processors/database/connection.hpp"

namespace kfs {

/// Who is at fault for what PostgreSQL answered (README, "database_sync").
///  - record: the record alone, as it can never be stored so (classes 22, 23, 44, 54, and what a trigger raises)
///  - server: it is away, overloaded, full, read-only, or was in conflict with somebody: worth another try
///  - setting: rights, names or types do not fit: needs a human
enum class database_fault : std::uint8_t { record, server, setting };

database_fault fault_of(const sql_failure& failure) noexcept;

/// sink_unavailable or sink_denied for what failed: `what` says what was tried and on what ("write to
/// \"public.orders\" of db:5432/shop"). Never repeats a value of a record.
error database_error(std::string_view what, const sql_failure& failure);

/// record_rejected for a record that PostgreSQL refused in `table`. `column` is where, if that is known. Never repeats
/// the value.
error refused_record(std::string_view table, std::string_view column, const sql_failure& failure);

}  // namespace kfs
