#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/base/error.hpp"
#include "processors/batch.hpp"
#include "processors/database/connection.hpp"
#include "processors/database/offsets.hpp"

namespace kfs {

/// A session whose table is ready.
struct table_session {
  postgres_connection& connection;
  database_offsets& offsets;
  const std::string& table;  ///< for messages
};

/// Which partitions a sink owns in the bookkeeping table, and up to where each is written.
///
/// All functions but at(), covers() and the two that mark may run transactions of their own; none is open when they are
/// called, and none when they return.
///
/// Ownership: of one sink. Threading: none.
/// Errors: member_fenced when another writer owns the partition; sink_denied and sink_unavailable as
///            database_error() says, and when somebody has changed the
///            bookkeeping.
class partition_ownership {
 public:
  struct entry : database_offsets::progress {
    bool doubtful = false;  ///< a call failed since the row was read: it must be read again
    bool lost = false;      ///< another writer owns it; `epoch` is the last one of this sink
  };

  /// `place` names servers and database in messages.
  explicit partition_ownership(std::string place) : place_(std::move(place)) {}

  /// Takes the partitions over. Writers that owned them before are fenced.
  result<void> take(const table_session& session, const record_source& source,
                    const std::vector<partition_number>& partitions);

  /// Makes sure that each partition is known: takes over those that are new, and reads doubtful ones again.
  result<void> know(const table_session& session, const record_source& source,
                    const std::vector<partition_number>& partitions);

  /// Takes back lost partitions of the batch when their new owner has been idle for a minute and no record would be
  /// left out. What that owner has written counts as written.
  result<void> take_back(const table_session& session, const batch& records);

  /// A partition that know() or take() has made known.
  [[nodiscard]] const entry& at(partition_number partition) const { return entries_.at(partition); }
  /// Whether all of the range is written.
  [[nodiscard]] bool covers(const batch_range& range) const;

  /// Notes that a transaction has moved the partition to this offset.
  void advanced(partition_number partition, offset next) { entries_.at(partition).next = next; }
  /// Notes that a call has failed, so nothing that is known is certain.
  void doubt_all();

  /// The error that another writer owns partitions of the table.
  [[nodiscard]] tl::unexpected<error> fenced(const std::string& table) const;

 private:
  result<void> read_again(const table_session& session, const record_source& source,
                          const std::vector<partition_number>& partitions);
  [[nodiscard]] tl::unexpected<error> row_removed(partition_number partition) const;
  [[nodiscard]] tl::unexpected<error> set_back(partition_number partition) const;

  const std::string place_;
  std::optional<record_source> source_;  ///< of the entries
  std::map<partition_number, entry> entries_;
};

/// Begin and end of a transaction; the error names `place`.
result<void> begin_at(postgres_connection& connection, const std::string& place);
result<void> commit_at(postgres_connection& connection, const std::string& place);

/// The error of a failed step at `place`.
error database_error_at(std::string_view step, const std::string& place, const sql_failure& failure);

}  // namespace kfs
