#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "processors/batch.hpp"
#include "processors/database/columns.hpp"
#include "processors/json_reader.hpp"

namespace kfs {

/// Turns records into rows of COPY's text format.
///
/// Ownership: one writer; memory is reused from row to row. Threading: none.
class database_rows {
 public:
  /// How a record becomes a row.
  struct manner {
    bool as_bytes = false;      ///< in a table of our own layout: the value goes to `value` even if it is JSON
    bool staged = false;        ///< adds two fields: `number`, and whether to delete the row
    bool deletes_null = false;  ///< a tombstone makes a row to delete; its keys come from the record's key
    std::size_t number = 0;
  };

  explicit database_rows(std::vector<database_column> columns);

  [[nodiscard]] const std::vector<database_column>& columns() const noexcept { return columns_; }

  /// Appends the row of a record of the batch `from`, with its end. When the record cannot be a row, leaves `into` as
  /// it was and returns why; returns an empty text otherwise. The text never repeats a value.
  std::string append(const batch& from, const record& source, const manner& how, std::string& into);

 private:
  void append_field(const database_column& column, const batch& from, const record& source, std::string& into);
  void append_all_headers(std::string& into);
  void append_header(const database_column& column, std::string& into);
  void append_found(const database_column& column, const std::string& pointer, std::string& into);
  void append_key_found(const database_column& column, const record& source, std::string& into);
  std::string append_deleted(const batch& from, const record& source, const manner& how, std::string& into);
  void end_row(const manner& how, bool deleted, std::string& into);

  std::vector<database_column> columns_;
  bool reads_value_ = false;  ///< a column has a pointer
  bool has_payload_ = false;  ///< the table has our own layout
  bool reads_headers_ = false;
  bool one_key_ = false;
  bool payload_holds_ = false;  ///< whether `payload` holds the value of the current record
  bool value_is_json_ = false;  ///< of the current record
  json_reader reader_;
  std::vector<record_header> headers_;  ///< of the current record, if reads_headers_
  std::string text_;
};

}  // namespace kfs
