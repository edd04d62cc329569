#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "processors/batch.hpp"
#include "processors/database/table.hpp"

namespace kfs {

/// How a record becomes a row.
struct row_manner {
  bool as_bytes = false;      ///< in a table of our own layout: nothing is written as JSON that PostgreSQL might reject
  bool deletes_null = false;  ///< a tombstone makes a row to delete; its keys come from the record's key
  std::size_t number = 0;     ///< orders the rows of a staging table
};

/// Turns records into the input of a COPY command.
///
/// Ownership: one writer; memory is reused from row to row. Threading: none.
class row_encoder {
 public:
  virtual ~row_encoder() = default;

  /// Appends what comes before the rows.
  virtual void begin(std::string& into) const = 0;

  /// Appends the row of a record of the batch `from`. When the record cannot be a row, leaves `into` as it was and
  /// returns why; returns an empty text otherwise. The text never repeats a value.
  virtual std::string append(const batch& from, const record& source, const row_manner& how, std::string& into) = 0;

  /// Appends what comes after the rows.
  virtual void end(std::string& into) const = 0;
};

/// The encoder for a table: own_rows for our own layout, mapped_rows for the user's.
std::unique_ptr<row_encoder> make_row_encoder(const database_target& target);

}  // namespace kfs
