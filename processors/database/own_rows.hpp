#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "processors/database/row_encoder.hpp"
#include "processors/json_reader.hpp"

namespace kfs {

/// Rows of our own layout, in COPY's binary format (PostgreSQL's manual, "COPY", "Binary Format").
class own_rows final : public row_encoder {
 public:
  explicit own_rows(const database_target& target);

  void begin(std::string& into) const override;
  encoded_row append(const batch& from, const record& source, const row_manner& how, std::string& into) override;
  void end(std::string& into) const override;

 private:
  void append_column(column_source column, const batch& from, const record& source, const row_manner& how,
                     std::string& into);
  void append_headers_of(const batch& from, const record& source, bool as_bytes, std::string& into);

  const std::vector<database_column> columns_;
  const bool staged_;
  const bool encodes_unicode_;
  bool payload_holds_ = false;  ///< whether `payload` holds the value of the current record
  json_reader reader_;
  std::vector<record_header> headers_;
  std::string text_;
};

}  // namespace kfs
