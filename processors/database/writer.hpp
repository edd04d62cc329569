#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "processors/database/connection.hpp"
#include "processors/database/rows.hpp"
#include "processors/database/table.hpp"
#include "processors/sink.hpp"

namespace kfs {

/// Writes records to a table, within one transaction, and finds the records that the table rejects.
///
/// Ownership: one sink. Threading: none.
class database_writer {
 public:
  /// `place` names servers and database in messages.
  database_writer(database_target target, bool deletes_null, std::string place);

  [[nodiscard]] const database_target& target() const noexcept { return target_; }

  /// Begins a transaction and writes the records of `from` that have these indices. When records are rejected, the
  /// transaction holds all others. The caller commits or rolls back.
  result<rejections> write(postgres_connection& connection, const batch& from, std::span<const std::size_t> indices);

 private:
  using numbers = std::span<const std::size_t>;

  sql_result<void> begin(postgres_connection& connection) const;
  void encode(const batch& from, numbers indices);
  void reject(const batch& from, std::size_t index, error why);
  sql_result<void> apply(postgres_connection& connection);
  sql_result<void> try_apply(postgres_connection& connection, const batch& from, numbers indices);
  result<void> bisect(postgres_connection& connection, const batch& from, numbers indices);
  result<void> settle_one(postgres_connection& connection, const batch& from, numbers indices, const sql_failure& why);
  [[nodiscard]] error failed(const sql_failure& why) const;

  database_target target_;
  const bool deletes_null_;
  const std::string place_;
  const std::string copy_;
  database_rows rows_;
  std::string text_;  ///< the input of COPY; reused
  bool keys_repeat_ =
      false;              ///< a batch of an upsert held a key twice, so each statement keeps the newest row of a key
  bool deletes_ = false;  ///< the text holds a row to delete
  std::size_t row_count_ = 0;   ///< rows in the text
  std::vector<bool> as_bytes_;  ///< by index: the value is written as bytes, because jsonb rejects it
  std::vector<bool> rejected_;  ///< by index
  rejections rejections_;
};

}  // namespace kfs
