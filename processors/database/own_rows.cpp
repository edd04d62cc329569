#include "processors/database/own_rows.hpp"

#include <fmt/format.h>

#include "processors/database/copy_binary.hpp"
#include "processors/record_lines.hpp"

namespace kfs {
namespace {

void append_bytes_or_null(bool present, std::string_view bytes, std::string& into) {
  if (!present) return copy_binary::append_null(into);
  copy_binary::append_bytes(bytes, into);
}

constexpr std::size_t columns_of_staging = 2;

}  // namespace

own_rows::own_rows(const database_target& target)
    : columns_(target.columns), staged_(target.staged), encodes_unicode_(target.encodes_unicode) {}

void own_rows::begin(std::string& into) const {
  copy_binary::begin_file(into);
}

void own_rows::end(std::string& into) const {
  copy_binary::end_file(into);
}

encoded_row own_rows::append(const batch& from, const record& source, const row_manner& how, std::string& into) {
  const auto begin = into.size();
  payload_holds_ = source.has_value && !how.as_bytes && reader_.read(source.value) == json_reader::verdict::jsonb;
  copy_binary::begin_row(columns_.size() + (staged_ ? columns_of_staging : 0), into);
  for (const auto& column : columns_) {
    const auto field = into.size();
    append_column(column.wish.from.source, from, source, how, into);
    if (column.is_key && copy_binary::is_null(std::string_view(into).substr(field))) {
      into.resize(begin);
      return {.why = fmt::format("its key column \"{}\" would be NULL", column.name)};
    }
  }
  if (staged_) {
    copy_binary::append_integer(static_cast<std::int64_t>(how.number), into);
    copy_binary::append_boolean(how.deletes_null && !source.has_value, into);
  }
  return {};
}

void own_rows::append_column(column_source column, const batch& from, const record& source, const row_manner& how,
                             std::string& into) {
  switch (column) {
    case column_source::topic:
      return append_bytes_or_null(true, from.source().topic, into);
    case column_source::partition:
      return copy_binary::append_integer(static_cast<std::int32_t>(source.partition), into);
    case column_source::position:
      return copy_binary::append_integer(source.position.value, into);
    case column_source::created:
      if (source.timestamp_ms == -1) return copy_binary::append_null(into);
      return copy_binary::append_timestamp(source.timestamp_ms, into);
    case column_source::key:
      return append_bytes_or_null(source.has_key, source.key, into);
    case column_source::headers:
      return append_headers_of(from, source, how.as_bytes, into);
    case column_source::payload:
      if (!payload_holds_) return copy_binary::append_null(into);
      return copy_binary::append_jsonb(reader_.text(), into);
    case column_source::remainder:
      return append_bytes_or_null(source.has_value && !payload_holds_, source.value, into);
    case column_source::pointer:
    case column_source::value:
    case column_source::header:
      return copy_binary::append_null(into);  // not in our own layout
  }
}

void own_rows::append_headers_of(const batch& from, const record& source, bool as_bytes, std::string& into) {
  from.headers_of(source, headers_);
  if (headers_.empty()) return copy_binary::append_null(into);
  text_.clear();
  append_headers(headers_, as_bytes && !encodes_unicode_ ? text_in_json::ascii : text_in_json::without_nul, text_);
  copy_binary::append_jsonb(text_, into);
}

}  // namespace kfs
