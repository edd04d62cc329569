#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.hpp"
#include "processors/database/copy_binary.hpp"

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

/// How a type takes a value.
enum class column_kind : std::uint8_t {
  text,
  bytes,       ///< bytea
  document,    ///< json, jsonb
  integer,     ///< smallint, integer, bigint, oid, xid
  number,      ///< other numbers
  time,        ///< date, timestamp, timestamptz
  interval,    ///< intervals and times of day
  time_range,  ///< ranges and multiranges of the types of `time`
  other,
};

/// A type of PostgreSQL as far as it decides how values are written. A domain is as the type below it.
struct column_type {
  std::string name = {};                 ///< PostgreSQL's name, for messages
  column_kind kind = column_kind::text;  ///< of an array: of its elements
  bool is_array = false;
  copy_binary::form binary = copy_binary::form::none;
  std::size_t longest = 0;    ///< in bytes, where PostgreSQL cuts longer texts off without an error; else 0
  std::uint64_t largest = 0;  ///< where PostgreSQL takes other texts for some number without an error; else 0
  bool operator==(const column_type&) const = default;
};

/// What a column makes of the value that its source gives.
enum class value_form : std::uint8_t {
  plain,     ///< as the column's type takes it
  text,      ///< its text, as the type reads texts
  raw_json,  ///< its JSON
  base64,    ///< the bytes that its text encodes (RFC 4648, with either alphabet, padded or not)
  hex,       ///< the bytes that its text encodes, after 0x or \x if that is there
  epoch_s,   ///< seconds since 1970-01-01, UTC
  epoch_ms,  ///< milliseconds
  epoch_us,  ///< microseconds
};

/// The name of a form in `as`; empty for plain.
std::string_view name_of(value_form form);

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

/// What a user wants in a column.
struct column_wish {
  source_expression from;
  value_form form = value_form::plain;
  bool default_if_missing = false;  ///< takes the column's DEFAULT when the pointer finds nothing; else NULL
  bool operator==(const column_wish&) const = default;
};

/// Reads the name of a form, "epoch_ms"; nullopt for other texts.
std::optional<value_form> parse_form(std::string_view text);

/// The names of all forms but `plain`.
std::vector<std::string> form_names();

/// A column that is written.
struct database_column {
  std::string name;
  column_wish wish;
  column_type type = {};
  std::string base_type = {};      ///< the type below a domain, with modifier and collation, for statements
  std::string default_value = {};  ///< the column's DEFAULT as an expression; empty when it has none
  bool is_key = false;             ///< a key of an upsert
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

/// The server keeps its own store there (config/store/postgres/), so no consumer writes to it.
inline constexpr std::string_view schema_of_the_store = "kafka_fetcher";

/// PostgreSQL truncates longer names.
inline constexpr std::size_t longest_identifier = 63;

}  // namespace kfs
