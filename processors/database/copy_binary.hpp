#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// The binary format of PostgreSQL's COPY (PostgreSQL's manual, "COPY", "Binary Format"). A row is the number of its
/// fields and then the fields. Numbers are in network byte order.
namespace kfs::copy_binary {

/// How the fields of a type are written.
enum class form : std::uint8_t {
  none,  ///< only as text
  text,  ///< the text itself: text, varchar, char(n), json, enumerations
  jsonb,
  bytea,
  boolean,
  int2,
  int4,
  int8,
  float4,
  float8,
  numeric,
  uuid,
  date,
  timestamp,
  timestamptz,
};

/// The form of a type in the schema pg_catalog, by its name there (pg_type.typname).
form form_of(std::string_view type);

void begin_file(std::string& into);
void end_file(std::string& into);
void begin_row(std::size_t fields, std::string& into);

void append_null(std::string& into);
bool is_null(std::string_view field);
void append_bytes(std::string_view bytes, std::string& into);
void append_boolean(bool value, std::string& into);
void append_integer(std::int32_t number, std::string& into);
void append_integer(std::int64_t number, std::string& into);
void append_jsonb(std::string_view json, std::string& into);

/// Appends milliseconds since the epoch as a timestamp with time zone; times before year 1 become -infinity, times
/// after year 9999 infinity.
void append_timestamp(std::int64_t since_epoch_ms, std::string& into);

/// Appends the field that PostgreSQL would make of this text. Leaves `into` as it was and returns false when the text
/// is not in the type's usual form: PostgreSQL may still read it (" 7 ", "yes", "tomorrow"), or reject it.
bool append(form type, std::string_view text, std::string& into);

}  // namespace kfs::copy_binary
