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
/// Ownership: of one writer, as memory is kept from row to row. Threading: none.
class database_rows {
 public:
  /// How a record becomes a row.
  struct manner {
    bool as_bytes = false;      ///< of our own table: the value goes to `value` even if it is JSON
    bool staged = false;        ///< two more fields: `number`, and whether the row is to be deleted
    bool deletes_null = false;  ///< a tombstone is a row to be deleted; its keys are taken from the record's key
    std::size_t number = 0;
  };

  explicit database_rows(std::vector<database_column> columns);

  [[nodiscard]] const std::vector<database_column>& columns() const noexcept { return columns_; }

  /// Appends the row of `one`, which is of the batch `from`, with its end. What cannot be a row leaves `into` as it
  /// was; the text then says why, and is empty otherwise. Never repeats a value.
  std::string append(const batch& from, const record& one, const manner& how, std::string& into);

 private:
  void append_field(const database_column& column, const batch& from, const record& one, std::string& into);
  void append_all_headers(std::string& into);
  void append_header(const database_column& column, std::string& into);
  void append_found(const database_column& column, const std::string& pointer, std::string& into);
  void append_key_found(const database_column& column, const record& one, std::string& into);
  std::string append_deleted(const batch& from, const record& one, const manner& how, std::string& into);
  void end_row(const manner& how, bool deleted, std::string& into);

  std::vector<database_column> columns_;
  bool reads_value_ = false;  ///< some column has a pointer
  bool has_payload_ = false;  ///< our own table
  bool reads_headers_ = false;
  bool one_key_ = false;
  bool payload_holds_ = false;  ///< the record in hand
  bool value_is_json_ = false;  ///< the record in hand
  json_reader reader_;
  std::vector<record_header> headers_;  ///< of the record in hand, where reads_headers_
  std::string text_;
};

}  // namespace kfs
