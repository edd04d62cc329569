#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "processors/batch.hpp"
#include "processors/database/connection.hpp"

namespace kfs {

/// The bookkeeping in the user's database: the next offset of each partition of a table, and which writer owns the
/// partition (processors/database/README.md).
///
/// The last writer that raised the epoch of a row owns the partition. All calls run in the caller's transaction.
///
/// Ownership: one sink. Threading: none.
class database_offsets {
 public:
  static constexpr std::string_view table_name = "kafka_fetcher_offsets";

  struct progress {
    partition_number partition = 0;
    std::optional<offset> next;  ///< nullopt when nothing is stored
    std::int64_t epoch = 0;
    bool idle = false;  ///< not moved for a minute, by the database's clock
    std::string log;    ///< that `next` belongs to; empty when it is unknown
  };
  struct move {
    progress from;
    offset to;
    std::optional<std::string> log = std::nullopt;  ///< nullopt when it stays
  };

  /// What became of an attempt to move partitions on.
  enum class outcome : std::uint8_t {
    committed,
    not_ours,  ///< a row has changed, or another writer owns it
    changed,   ///< the expression has another value
  };
  /// An expression, and the value that it must have for a commit.
  struct condition {
    std::string_view expression;
    std::string_view value;
  };

  /// For the table `target` of `schema`, both named as in the catalogue.
  database_offsets(std::string schema, std::string target);

  /// Makes the bookkeeping table unless it exists, and adds its newest column where it is missing. If only the owner of
  /// an older table may do that, logs are not stored.
  sql_result<void> create(postgres_connection& connection);

  /// Takes the partitions over and returns their rows. Writers that owned them before are fenced.
  sql_result<std::vector<progress>> take(postgres_connection& connection, const record_source& source,
                                         std::vector<partition_number> partitions);

  /// Returns the rows of the partitions, whoever owns them.
  sql_result<std::vector<progress>> look(postgres_connection& connection, const record_source& source,
                                         const std::vector<partition_number>& partitions);

  /// Moves partitions on and commits, in one round trip, so that no frozen client keeps the rows locked in between. The
  /// expression of `required` is evaluated after everything that the transaction has written. Unless it says
  /// `committed`, the transaction must be rolled back.
  sql_result<outcome> advance_and_commit(postgres_connection& connection, const record_source& source,
                                         std::span<const move> moves,
                                         const std::optional<condition>& required = std::nullopt);

 private:
  sql_result<void> add_column(postgres_connection& connection);
  std::string key_of(postgres_connection& connection, const record_source& source);
  const std::string& stored_group(postgres_connection& connection, const std::string& group);

  std::string schema_;
  std::string target_;
  std::string quoted_;
  bool stores_logs_ = true;
  std::map<std::string, std::string> stored_groups_;  ///< by name of the group
};

}  // namespace kfs
