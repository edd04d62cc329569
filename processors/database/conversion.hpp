#pragma once

#include <string>
#include <string_view>

#include "processors/database/columns.hpp"
#include "processors/json_value.hpp"

namespace kfs {

/// What became of a value on its way into a column.
struct conversion {
  bool is_null = false;
  std::string_view why = {};  ///< why the column cannot take the value; empty when it can. Never repeats a value.
};

/// Turns values into texts that PostgreSQL reads as values of a column's type (processors/database/README.md, "What a
/// column makes of a value").
///
/// Ownership: one user; memory is reused. Threading: none.
class value_converter {
 public:
  /// Appends the text of a JSON value. After a rejection `into` may end in a part of it.
  conversion append(const json_value& value, const column_type& type, value_form form, std::string& into);

  /// Appends the text of bytes that are no JSON, such as a record's key.
  conversion append_bytes(std::string_view bytes, const column_type& type, value_form form, std::string& into);

 private:
  conversion append_plain(const json_value& value, const column_type& type, std::string& into);
  conversion append_array(const json_value& array, const column_type& type, int dimension, std::string& into);

  std::string text_;
  std::string element_;
};

}  // namespace kfs
