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

/// Whether a record has become a row.
struct encoded_row {
  std::string why = {};     ///< why it cannot be a row; empty when it can. Never repeats a value.
  bool needs_text = false;  ///< it holds a value that only the text format can pass on
};

/// Turns records into the input of a COPY command.
///
/// Ownership: one writer; memory is reused from row to row. Threading: none.
class row_encoder {
 public:
  virtual ~row_encoder() = default;

  /// Appends what comes before the rows.
  virtual void begin(std::string& into) const = 0;

  /// Appends the row of a record of the batch `from`, or leaves `into` as it was.
  virtual encoded_row append(const batch& from, const record& source, const row_manner& how, std::string& into) = 0;

  /// Appends what comes after the rows.
  virtual void end(std::string& into) const = 0;
};

/// The encoder for a table, whose rows are in this format: own_rows for our own layout, which is always binary,
/// mapped_rows for the user's.
std::unique_ptr<row_encoder> make_row_encoder(const database_target& target, copy_format format);

}  // namespace kfs
