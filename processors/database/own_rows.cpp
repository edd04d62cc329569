#include "processors/database/own_rows.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <limits>
#include <type_traits>

#include "processors/record_lines.hpp"

namespace kfs {
namespace {

using namespace std::string_view_literals;

/// Appends an integer in network byte order.
template <class Integer>
void append_integer(Integer number, std::string& into) {
  std::array<char, sizeof number> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[bytes.size() - 1 - i] = static_cast<char>(static_cast<std::make_unsigned_t<Integer>>(number) >> (8 * i));
  into.append(bytes.data(), bytes.size());
}

template <class Integer>
void append_integer_field(Integer number, std::string& into) {
  append_integer(static_cast<std::int32_t>(sizeof number), into);
  append_integer(number, into);
}

constexpr auto null = "\xff\xff\xff\xff"sv;

void append_field(bool present, std::string_view bytes, std::string& into) {
  if (!present) return void(into.append(null));
  append_integer(static_cast<std::int32_t>(bytes.size()), into);
  into.append(bytes);
}

/// A jsonb is its text behind the number of the format.
void append_jsonb(std::string_view text, std::string& into) {
  append_integer(static_cast<std::int32_t>(text.size() + 1), into);
  into.push_back('\1');
  into.append(text);
}

/// Microseconds since 2000-01-01; the ends of the range stand for -infinity and infinity, as which times outside the
/// years 1 to 9999 are written.
std::int64_t postgres_time(std::int64_t since_epoch_ms) {
  using namespace std::chrono;
  constexpr auto first = sys_days{year{1} / January / 1};
  constexpr auto end = sys_days{year{9999} / December / 31} + days{1};
  const sys_time<milliseconds> time{milliseconds{since_epoch_ms}};
  if (time < first) return std::numeric_limits<std::int64_t>::min();
  if (time >= end) return std::numeric_limits<std::int64_t>::max();
  return duration_cast<microseconds>(time - sys_days{year{2000} / January / 1}).count();
}

constexpr std::int16_t columns_of_staging = 2;

}  // namespace

own_rows::own_rows(const database_target& target)
    : columns_(target.columns), staged_(target.staged), encodes_unicode_(target.encodes_unicode) {}

void own_rows::begin(std::string& into) const {
  into.append("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"sv);
}

void own_rows::end(std::string& into) const {
  append_integer(std::int16_t{-1}, into);
}

std::string own_rows::append(const batch& from, const record& source, const row_manner& how, std::string& into) {
  const auto begin = into.size();
  payload_holds_ = source.has_value && !how.as_bytes && reader_.read(source.value) == json_reader::verdict::jsonb;
  append_integer(static_cast<std::int16_t>(columns_.size() + (staged_ ? columns_of_staging : 0)), into);
  for (const auto& column : columns_) {
    const auto field = into.size();
    append_column(column.wish.from.source, from, source, how, into);
    if (column.is_key && std::string_view(into).substr(field, null.size()) == null) {
      into.resize(begin);
      return fmt::format("its key column \"{}\" would be NULL", column.name);
    }
  }
  if (staged_) {
    append_integer_field(static_cast<std::int64_t>(how.number), into);
    append_integer_field(static_cast<std::int8_t>(how.deletes_null && !source.has_value ? 1 : 0), into);
  }
  return {};
}

void own_rows::append_column(column_source column, const batch& from, const record& source, const row_manner& how,
                             std::string& into) {
  switch (column) {
    case column_source::topic:
      return append_field(true, from.source().topic, into);
    case column_source::partition:
      return append_integer_field(static_cast<std::int32_t>(source.partition), into);
    case column_source::position:
      return append_integer_field(source.position.value, into);
    case column_source::created:
      if (source.timestamp_ms == -1) return void(into.append(null));
      return append_integer_field(postgres_time(source.timestamp_ms), into);
    case column_source::key:
      return append_field(source.has_key, source.key, into);
    case column_source::headers:
      return append_headers_of(from, source, how.as_bytes, into);
    case column_source::payload:
      if (!payload_holds_) return void(into.append(null));
      return append_jsonb(reader_.text(), into);
    case column_source::remainder:
      return append_field(source.has_value && !payload_holds_, source.value, into);
    case column_source::pointer:
    case column_source::value:
    case column_source::header:
      return void(into.append(null));  // not in our own layout
  }
}

void own_rows::append_headers_of(const batch& from, const record& source, bool as_bytes, std::string& into) {
  from.headers_of(source, headers_);
  if (headers_.empty()) return void(into.append(null));
  text_.clear();
  append_headers(headers_, as_bytes && !encodes_unicode_ ? text_in_json::ascii : text_in_json::without_nul, text_);
  append_jsonb(text_, into);
}

}  // namespace kfs
