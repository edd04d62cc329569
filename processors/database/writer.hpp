#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "processors/database/connection.hpp"
#include "processors/database/row_encoder.hpp"
#include "processors/database/table.hpp"
#include "processors/sink.hpp"

namespace kfs {

/// What became of an attempt to write records.
struct write_attempt {
  enum class outcome : std::uint8_t {
    written,        ///< the transaction holds all records but the rejected ones
    too_slow,       ///< a statement took too long; fewer records may do
    table_changed,  ///< the table is not as it was when it was prepared
    failed,
  };
  outcome ended = outcome::written;
  error why = {};  ///< unless written
  rejections rejected = {};
  std::size_t accepted = 0;  ///< records that the table took, also in a part of the transaction that was undone
  std::set<std::string> doubts = {};  ///< SQLSTATEs of rejections that the table may be the cause of
};

/// Writes records to a table, within one transaction, and finds the records that the table rejects.
///
/// PostgreSQL's error codes do not tell whether a record or the table is at fault, so it makes experiments: a table
/// that does not take even no rows is at fault; else each half of the batch is tried, down to single records.
///
/// Ownership: one sink. Threading: none.
class database_writer {
 public:
  /// `place` names servers and database in messages.
  database_writer(database_target target, bool deletes_null, std::string place);

  [[nodiscard]] const database_target& target() const noexcept { return target_; }

  /// Begins a transaction and writes the records of `from` that have these indices. Unless all were written, the caller
  /// rolls back.
  write_attempt write(postgres_connection& connection, const batch& from, std::span<const std::size_t> indices);

 private:
  using numbers = std::span<const std::size_t>;
  struct way {
    std::string copy;  ///< the command
    std::unique_ptr<row_encoder> rows;
  };

  [[nodiscard]] way make_way(copy_format format) const;
  sql_result<void> write_whole(postgres_connection& connection, const batch& from, numbers indices);
  sql_result<void> begin(postgres_connection& connection) const;
  sql_result<void> copy_rows(postgres_connection& connection, const batch& from, numbers indices);
  bool append_row(const batch& from, std::size_t index, std::string& into);
  rejections take_rejections();
  void reject(const batch& from, std::size_t index, error why);
  sql_result<void> apply(postgres_connection& connection, const batch& from, numbers indices);
  sql_result<void> try_apply(postgres_connection& connection, const batch& from, numbers indices);
  write_attempt find_rejected(postgres_connection& connection, const batch& from, numbers indices);
  write_attempt rejected_by_encoding(postgres_connection& connection);
  [[nodiscard]] write_attempt changed() const;
  sql_result<bool> is_unchanged(postgres_connection& connection) const;
  sql_result<void> bisect(postgres_connection& connection, const batch& from, numbers indices);
  sql_result<void> settle_one(postgres_connection& connection, const batch& from, numbers indices,
                              const sql_failure& why);
  sql_result<void> try_again(postgres_connection& connection, const batch& from);
  [[nodiscard]] write_attempt ended(const sql_failure& why) const;

  database_target target_;
  const bool deletes_null_;
  const std::string place_;
  const std::optional<way> binary_;  ///< if all columns have a binary form
  const std::optional<way> text_;    ///< unless the table has our own layout
  const way* way_;                   ///< of the current attempt
  std::size_t text_batches_ = 0;     ///< so many are written as text before the binary format is tried again
  bool needs_text_ = false;          ///< the last COPY met a value that has no binary form
  bool keys_repeat_ =
      false;              ///< a batch of an upsert held a key twice, so each statement keeps the newest row of a key
  bool deletes_ = false;  ///< the last COPY held a row to delete
  std::size_t row_count_ = 0;                  ///< rows of the last COPY
  std::size_t accepted_ = 0;                   ///< rows that experiments wrote
  std::vector<bool> as_bytes_;                 ///< by index: the value is written as bytes, because jsonb rejects it
  std::vector<bool> rejected_;                 ///< by index
  std::vector<std::size_t> waits_for_others_;  ///< rejected by a constraint that other rows of the batch may fulfil
  rejections rejections_;
  std::set<std::string> doubts_;
};

}  // namespace kfs
