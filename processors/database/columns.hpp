#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.hpp"

namespace kfs {

/// Which part of a record a column holds.
enum class column_source : std::uint8_t {
  pointer,    ///< what a JSON pointer names in the value
  key,        ///< `$key`
  value,      ///< `$value`, unchanged
  topic,      ///< `$topic`
  partition,  ///< `$partition`
  position,   ///< `$offset`
  created,    ///< `$timestamp`
  header,     ///< `$headers.name`, the last header of that name
  headers,    ///< `$headers`, all headers as JSON
  payload,    ///< in a table of our own layout: the value if it is JSON
  remainder,  ///< in a table of our own layout: the value unless payload holds it
};

/// How a column's type takes a value.
enum class column_kind : std::uint8_t { text, bytes, document, array, number, time, other };

/// A source as a user writes it.
struct source_expression {
  column_source source = column_source::pointer;
  std::string argument;  ///< for pointer and header
  bool operator==(const source_expression&) const = default;
};

/// Reads "/a/b", "$key", "$headers.name", …; nullopt for other texts.
std::optional<source_expression> parse_source(std::string_view text);

/// The texts that parse_source() accepts, for messages.
inline constexpr std::string_view source_forms =
    "a JSON pointer (/amount), $key, $value, $topic, $partition, $offset, $timestamp, $headers or $headers.name";

/// A column that is written.
struct database_column {
  std::string name;
  source_expression from;
  column_kind kind = column_kind::text;
  std::string type;     ///< PostgreSQL's name of the type, for messages
  bool is_key = false;  ///< a key of an upsert
};

/// The columns of our own layout, which the server creates, in their order and with their types.
const std::vector<database_column>& own_columns();

/// "schema.table" or "table"; a part with a dot is in double quotes. Names are taken as written, without folding of
/// case.
struct table_name {
  std::string schema;  ///< empty for the first schema of the search path
  std::string table;
  bool operator==(const table_name&) const = default;
};

/// Reads a table name. The error says what is wrong.
result<table_name> parse_table_name(std::string_view text);

/// PostgreSQL truncates longer names.
inline constexpr std::size_t longest_identifier = 63;

}  // namespace kfs
