#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// The text format of PostgreSQL's COPY: fields that end with a tab, rows that end with a line feed. Each function
/// appends one field's text without its end.
namespace kfs::copy_text {

inline constexpr std::string_view null = "\\N";

/// Any bytes; a backslash, a tab and line ends are escaped. What the column's type makes of them the server tells.
void append(std::string_view text, std::string& into);

/// Any bytes as a bytea.
void append_bytea(std::string_view bytes, std::string& into);

/// Milliseconds since the epoch as a timestamp with time zone; what is before year 1 or after year 9999 is -infinity or
/// infinity.
void append_timestamp(std::int64_t since_epoch_ms, std::string& into);

}  // namespace kfs::copy_text
