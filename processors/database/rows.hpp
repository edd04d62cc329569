#pragma once

#include <string>
#include <vector>

#include "processors/database/conversion.hpp"
#include "processors/database/row_encoder.hpp"
#include "processors/json_reader.hpp"

namespace kfs {

/// Rows of a table of the user's. What a column takes is decided as text; in COPY's binary format the text is then
/// turned into the form of the column's type.
class mapped_rows final : public row_encoder {
 public:
  mapped_rows(const database_target& target, copy_format format);

  void begin(std::string& into) const override;
  encoded_row append(const batch& from, const record& source, const row_manner& how, std::string& into) override;
  void end(std::string& into) const override;

 private:
  struct field;
  [[nodiscard]] std::size_t fields_of_row() const;
  bool append_given(const database_column& column, const field& given, std::string& into) const;
  void append_staging_fields(const row_manner& how, bool deletes, std::string& into) const;
  [[nodiscard]] std::string_view read(const record& source);
  field field_of(std::size_t column, const batch& from, const record& source);
  field field_of_tombstone(std::size_t column, const batch& from, const record& source);
  field made(const conversion& done) const;
  field bytes_field(const database_column& column, bool present, std::string_view bytes);
  field pointer_field(std::size_t column);
  field header_field(const database_column& column);

  const std::vector<database_column> columns_;
  const bool staged_;
  const bool binary_;
  std::vector<std::size_t> pointer_of_column_;  ///< index of the column's pointer in the readers
  json_reader value_reader_;
  json_reader key_reader_;
  bool has_pointers_ = false;
  bool reads_headers_ = false;
  bool one_key_ = false;
  bool key_is_object_ = false;  ///< of the current tombstone
  value_converter converter_;
  std::vector<record_header> headers_;  ///< of the current record, if reads_headers_
  std::string text_;                    ///< of the current field
  std::vector<bool> defaults_;          ///< which of the current row's columns with a flag take their DEFAULT
};

}  // namespace kfs
