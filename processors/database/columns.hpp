#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.hpp"

namespace kfs {

/// What a column of a table holds of a record.
enum class column_source : std::uint8_t {
  pointer,    ///< what a JSON pointer names in the value
  key,        ///< `$key`
  value,      ///< `$value`, as it is
  topic,      ///< `$topic`
  partition,  ///< `$partition`
  position,   ///< `$offset`
  created,    ///< `$timestamp`
  header,     ///< `$headers.name`, the last of that name
  headers,    ///< `$headers`, all as JSON
  payload,    ///< of our own table: the value if it is JSON
  remainder,  ///< of our own table: the value unless payload holds it
};

/// What a column's type makes of JSON.
enum class column_kind : std::uint8_t { text, bytes, document, array, number, time, other };

/// A source as a user writes it.
struct source_expression {
  column_source source = column_source::pointer;
  std::string argument;  ///< of pointer and header
  bool operator==(const source_expression&) const = default;
};

/// Reads "/a/b", "$key", "$headers.name", …; none: it is nothing of the kind.
std::optional<source_expression> parse_source(std::string_view text);

/// The expressions that parse_source() takes, for messages.
inline constexpr std::string_view source_forms =
    "a JSON pointer (/amount), $key, $value, $topic, $partition, $offset, $timestamp, $headers or $headers.name";

/// A column that is written.
struct database_column {
  std::string name;
  source_expression from;
  column_kind kind = column_kind::text;
  std::string type;     ///< PostgreSQL's name of it, for messages
  bool is_key = false;  ///< of an upsert
};

/// The columns of the table that the server makes, in their order, and its DDL's types.
const std::vector<database_column>& own_columns();

/// "schema.table" or "table", either part in double quotes where it holds a dot. Names are taken as they are written,
/// without folding of case.
struct table_name {
  std::string schema;  ///< empty: the first of the search path
  std::string table;
  bool operator==(const table_name&) const = default;
};

/// The error says what is wrong.
result<table_name> parse_table_name(std::string_view text);

/// PostgreSQL cuts longer names off.
inline constexpr std::size_t longest_identifier = 63;

}  // namespace kfs
