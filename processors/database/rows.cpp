#include "processors/database/rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "processors/database/copy_text.hpp"
#include "processors/record_lines.hpp"

namespace kfs {
namespace {

/// Appends bytes of a record in the form that the column's type needs.
void append_bytes(const database_column& column, bool present, std::string_view bytes, std::string& into) {
  if (!present)
    into.append(copy_text::null);
  else if (column.kind == column_kind::bytes)
    copy_text::append_bytea(bytes, into);
  else
    copy_text::append(bytes, into);
}

bool ends_with_null(const std::string& row, std::size_t begin) {
  return std::string_view(row).substr(begin) == copy_text::null;
}

}  // namespace

database_rows::database_rows(std::vector<database_column> columns) : columns_(std::move(columns)) {
  const auto has = [this](column_source wanted) {
    return std::ranges::any_of(columns_, [&](const auto& column) { return column.from.source == wanted; });
  };
  reads_value_ = has(column_source::pointer);
  has_payload_ = has(column_source::payload);
  reads_headers_ = has(column_source::header) || has(column_source::headers);
  one_key_ = std::ranges::count_if(columns_, &database_column::is_key) == 1;
}

std::string database_rows::append(const batch& from, const record& source, const manner& how, std::string& into) {
  const auto begin = into.size();
  if (reads_headers_) from.headers_of(source, headers_);
  if (how.deletes_null && !source.has_value) {
    auto refused = append_deleted(from, source, how, into);
    if (!refused.empty()) into.resize(begin);
    return refused;
  }
  value_is_json_ = false;
  payload_holds_ =
      has_payload_ && !how.as_bytes && source.has_value && reader_.read(source.value) == json_reader::verdict::jsonb;
  if (reads_value_ && source.has_value) {
    value_is_json_ = reader_.read(source.value) != json_reader::verdict::no_json;
    if (!value_is_json_) return "its value is no JSON, from which the columns take their values";
  }
  for (const auto& column : columns_) {
    const auto field = into.size();
    append_field(column, from, source, into);
    if (column.is_key && ends_with_null(into, field)) {
      into.resize(begin);
      return fmt::format("its key column \"{}\" would be NULL", column.name);
    }
    into.push_back('\t');
  }
  end_row(how, false, into);
  return {};
}

void database_rows::append_field(const database_column& column, const batch& from, const record& source,
                                 std::string& into) {
  switch (column.from.source) {
    case column_source::pointer:
      return append_found(column, column.from.argument, into);
    case column_source::key:
      return append_bytes(column, source.has_key, source.key, into);
    case column_source::value:
      return append_bytes(column, source.has_value, source.value, into);
    case column_source::topic:
      return append_bytes(column, true, from.source().topic, into);
    case column_source::partition:
      return append_number(source.partition, into);
    case column_source::position:
      return append_number(source.position.value, into);
    case column_source::created:
      if (source.timestamp_ms == -1) return void(into.append(copy_text::null));
      if (column.kind == column_kind::number) return append_number(source.timestamp_ms, into);
      return copy_text::append_timestamp(source.timestamp_ms, into);
    case column_source::header:
      return append_header(column, into);
    case column_source::headers:
      return append_all_headers(into);
    case column_source::payload:
      return append_bytes(column, payload_holds_, source.value, into);
    case column_source::remainder:
      return append_bytes(column, source.has_value && !payload_holds_, source.value, into);
  }
}

void database_rows::append_all_headers(std::string& into) {
  if (headers_.empty()) return void(into.append(copy_text::null));
  text_.clear();
  append_headers(headers_, nul_in_text::base64, text_);
  copy_text::append(text_, into);
}

void database_rows::append_header(const database_column& column, std::string& into) {
  const auto newest_first = headers_ | std::views::reverse;
  const auto found = std::ranges::find(newest_first, column.from.argument, &record_header::key);
  const bool there = found != newest_first.end() && found->has_value;
  append_bytes(column, there, there ? found->value : std::string_view{}, into);
}

/// Appends what the pointer names in the JSON that the reader has read.
void database_rows::append_found(const database_column& column, const std::string& pointer, std::string& into) {
  using enum json_reader::kind;
  if (!value_is_json_) return void(into.append(copy_text::null));
  const auto& found = reader_.find(pointer);
  if (found.of == missing || found.of == null) return void(into.append(copy_text::null));
  if (column.kind == column_kind::document) return copy_text::append(found.raw, into);
  if (column.kind == column_kind::array && found.of == array)
    return copy_text::append(reader_.array_literal(pointer), into);
  append_bytes(column, true, found.of == string ? std::string_view(found.text) : found.raw, into);
}

/// Appends the value of a key column from the record's key: what the pointer names in a JSON object, or all of the key.
void database_rows::append_key_found(const database_column& column, const record& source, std::string& into) {
  text_.assign(1, '[').append(source.key).push_back(']');  // in an array, so that a pointer can name a scalar too
  value_is_json_ = source.has_key && reader_.read(text_) != json_reader::verdict::no_json;
  if (value_is_json_ && reader_.find("/0").of == json_reader::kind::object)
    append_found(column, "/0" + column.from.argument, into);
  else if (!one_key_)
    into.append(copy_text::null);
  else if (value_is_json_)
    append_found(column, "/0", into);
  else
    append_bytes(column, source.has_key, source.key, into);
}

std::string database_rows::append_deleted(const batch& from, const record& source, const manner& how,
                                          std::string& into) {
  for (const auto& column : columns_) {
    const auto field = into.size();
    if (!column.is_key)
      into.append(copy_text::null);
    else if (column.from.source == column_source::pointer)
      append_key_found(column, source, into);
    else
      append_field(column, from, source, into);
    if (column.is_key && ends_with_null(into, field))
      return fmt::format("it is a tombstone, and its key does not give \"{}\"", column.name);
    into.push_back('\t');
  }
  end_row(how, true, into);
  return {};
}

void database_rows::end_row(const manner& how, bool deleted, std::string& into) {
  if (how.staged) {
    append_number(static_cast<std::int64_t>(how.number), into);
    into.append(deleted ? "\tt" : "\tf");
  } else {
    into.pop_back();
  }
  into.push_back('\n');
}

}  // namespace kfs
