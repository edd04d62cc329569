#pragma once

#include <string>
#include <string_view>

#include "config/base/error.hpp"
#include "processors/database/connection.hpp"

namespace kfs {

/// What an error of PostgreSQL says by itself (processors/database/README.md). Whether a record or the table is at
/// fault, only an experiment tells (database_writer).
enum class database_fault : std::uint8_t {
  server,   ///< it is away, overloaded, full, read-only, or had a conflict: never a record's fault; a retry may succeed
  setting,  ///< user, password or database are wrong: never a record's fault; somebody must change them
  too_slow,  ///< the statement did not end within timeout_ms: fewer rows may
  unclear,   ///< a value, the table, its constraints or triggers, or the user's rights
};

database_fault fault_of(const sql_failure& failure) noexcept;

/// Whether a failure that a record met tells of something that the record may have in common with all that follow: a
/// missing partition, a missing right, or what a trigger or function needs and does not find, or a constraint of what
/// it writes to. What was accepted before shows nothing then. PostgreSQL tells these by the function of its source that
/// reports them; its texts are translated.
bool casts_doubt_on_table(const sql_failure& failure) noexcept;

/// sink_unavailable or sink_denied, for a failure that is not a record's. `action` says what was tried and on what:
/// `write to "public.orders" of db:5432/shop`. The message never repeats a value of a record.
error database_error(std::string_view action, const sql_failure& failure);

/// record_rejected for a record that PostgreSQL rejected in `table`. `column` may be empty. The message never repeats
/// PostgreSQL's text, in which a type's input function or a trigger may quote a value.
error rejected_record(std::string_view table, std::string_view column, const sql_failure& failure);

}  // namespace kfs
