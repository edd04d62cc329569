#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "processors/batch.hpp"
#include "processors/database/connection.hpp"

namespace kfs {

/// Up to where a partition is in a table, and who may write it: the bookkeeping in the user's database
/// (processors/database/README.md).
///
/// A row is owned by whoever has raised its epoch last. All calls are made within a transaction of the caller's.
///
/// Ownership: of one sink. Threading: none.
class database_offsets {
 public:
  static constexpr std::string_view table_name = "kafka_fetcher_offsets";

  struct standing {
    partition_number partition = 0;
    std::optional<offset> next;  ///< none: nothing is known
    std::int64_t epoch = 0;
    bool rests = false;  ///< nobody has moved it for a minute, by the database's clock
  };
  struct move {
    standing from;
    offset to;
  };

  /// Of the table `target` of `schema`, both as they are in the catalogue.
  database_offsets(std::string schema, std::string target);

  /// Makes the table unless it is there.
  sql_result<void> create(postgres_connection& by) const;

  /// Where the partitions stand; they are ours from now on, and those that wrote them before are shut out.
  sql_result<std::vector<standing>> take(postgres_connection& by, const record_source& source,
                                         std::vector<partition_number> partitions) const;

  /// Where they stand, whoever has them.
  sql_result<std::vector<standing>> look(postgres_connection& by, const record_source& source,
                                         const std::vector<partition_number>& partitions) const;

  /// Moves them on. False: some does not stand there any more, or is another's; the transaction has to be rolled back.
  sql_result<bool> advance(postgres_connection& by, const record_source& source, std::span<const move> moves) const;

 private:
  [[nodiscard]] std::string key_of(const postgres_connection& by, const record_source& source) const;

  std::string schema_;
  std::string target_;
  std::string quoted_;
};

}  // namespace kfs
