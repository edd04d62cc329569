#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

/// The text format of PostgreSQL's COPY: a tab between fields, a line feed after each row. Each function appends the
/// text of one field.
namespace kfs::copy_text {

inline constexpr std::string_view null = "\\N";

/// Appends any bytes; escapes backslashes, tabs and line ends. The server checks whether they fit the column's type.
void append(std::string_view text, std::string& into);

/// Appends a time since the epoch, of the years 1 to 9999, as a timestamp with time zone.
void append_timestamp(std::chrono::microseconds since_epoch, std::string& into);

/// Appends milliseconds since the epoch as a timestamp with time zone; times before year 1 become -infinity, times
/// after year 9999 infinity.
void append_timestamp(std::int64_t since_epoch_ms, std::string& into);

}  // namespace kfs::copy_text
