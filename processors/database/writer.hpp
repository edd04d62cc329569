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

/// Puts records into a table, within one transaction, and finds out which of them the table refuses.
///
/// Ownership: of one sink. Threading: none.
class database_writer {
 public:
  /// `place` names servers and database in messages.
  database_writer(database_target target, bool deletes_null, std::string place);

  [[nodiscard]] const database_target& target() const noexcept { return target_; }

  /// Begins a transaction and writes the records of `from` whose numbers are given. With refused records the
  /// transaction holds all the others. The caller commits or rolls back.
  result<rejections> write(postgres_connection& by, const batch& from, std::span<const std::size_t> numbers);

 private:
  using numbers = std::span<const std::size_t>;

  sql_result<void> begin(postgres_connection& by) const;
  void encode(const batch& from, numbers which);
  void refuse(const batch& from, std::size_t number, error why);
  sql_result<void> apply(postgres_connection& by);
  sql_result<void> try_apply(postgres_connection& by, const batch& from, numbers which);
  result<void> bisect(postgres_connection& by, const batch& from, numbers which);
  result<void> settle_one(postgres_connection& by, const batch& from, numbers which, const sql_failure& why);
  [[nodiscard]] error failed(const sql_failure& why) const;

  database_target target_;
  const bool deletes_null_;
  const std::string place_;
  const std::string copy_;
  database_rows rows_;
  std::string text_;            ///< of COPY; reused
  bool keys_repeat_ = false;    ///< a batch of an upsert held a key twice, so others are sorted too
  bool deletes_ = false;        ///< the text holds a row to be deleted
  std::size_t row_count_ = 0;   ///< of the text
  std::vector<bool> as_bytes_;  ///< by number: its JSON is none that jsonb takes
  std::vector<bool> refused_;   ///< by number
  rejections rejections_;
};

}  // namespace kfs
