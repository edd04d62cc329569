#include "processors/database/rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "processors/database/copy_binary.hpp"
#include "processors/database/copy_text.hpp"
#include "processors/database/own_rows.hpp"
#include "processors/record_lines.hpp"

namespace kfs {
namespace {

using kind = json_value::kind;

/// The pointers of the columns, in the columns' order.
std::vector<std::string> pointers_of(const std::vector<database_column>& columns) {
  std::vector<std::string> pointers;
  for (const auto& column : columns) {
    if (column.wish.from.source == column_source::pointer) pointers.push_back(column.wish.from.argument);
  }
  return pointers;
}

}  // namespace

/// What a record gives for a column; its text is in text_.
struct mapped_rows::field {
  bool is_null = false;
  bool missing = false;  ///< a pointer has found nothing
  std::string why = {};  ///< why the record is rejected
};

mapped_rows::mapped_rows(const database_target& target, copy_format format)
    : columns_(target.columns),
      staged_(target.staged),
      binary_(format == copy_format::binary),
      value_reader_(pointers_of(columns_)),
      key_reader_(pointers_of(columns_)) {
  std::size_t pointers = 0;
  for (const auto& column : columns_) {
    const auto source = column.wish.from.source;
    pointer_of_column_.push_back(pointers);
    if (source == column_source::pointer) ++pointers;
    reads_headers_ = reads_headers_ || source == column_source::header || source == column_source::headers;
  }
  has_pointers_ = pointers > 0;
  one_key_ = std::ranges::count_if(columns_, &database_column::is_key) == 1;
}

void mapped_rows::begin(std::string& into) const {
  if (binary_) copy_binary::begin_file(into);
}

void mapped_rows::end(std::string& into) const {
  if (binary_) copy_binary::end_file(into);
}

encoded_row mapped_rows::append(const batch& from, const record& source, const row_manner& how, std::string& into) {
  const auto begin = into.size();
  const bool deletes = how.deletes_null && !source.has_value;
  if (reads_headers_) from.headers_of(source, headers_);
  if (const auto why = read(source); !why.empty()) return {.why = std::string(why)};
  key_is_object_ = deletes && source.has_key && key_reader_.read(source.key) != json_reader::verdict::no_json &&
                   key_reader_.root().of == kind::object;
  defaults_.clear();
  if (binary_) copy_binary::begin_row(fields_of_row(), into);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const auto& column = columns_[i];
    text_.clear();
    auto given = deletes ? field_of_tombstone(i, from, source) : field_of(i, from, source);
    if (given.why.empty() && column.is_key && given.is_null)
      given.why = deletes ? fmt::format("it is a tombstone, and its key does not give \"{}\"", column.name)
                          : fmt::format("its key column \"{}\" would be NULL", column.name);
    const bool appended = given.why.empty() && append_given(column, given, into);
    if (!appended) {
      into.resize(begin);
      const bool needs_text = given.why.empty();
      return {.why = std::move(given.why), .needs_text = needs_text};
    }
    if (column.wish.default_if_missing) defaults_.push_back(given.missing);
  }
  if (staged_) append_staging_fields(how, deletes, into);
  if (!binary_) into.back() = '\n';
  return {};
}

std::size_t mapped_rows::fields_of_row() const {
  if (!staged_) return columns_.size();
  constexpr std::size_t number_and_deleted = 2;
  const auto flags = std::ranges::count_if(columns_, [](const auto& column) { return column.wish.default_if_missing; });
  return columns_.size() + number_and_deleted + static_cast<std::size_t>(flags);
}

/// Appends what a column takes; in the text format with a tab behind it. False when it has no binary form.
bool mapped_rows::append_given(const database_column& column, const field& given, std::string& into) const {
  if (binary_) {
    if (!given.is_null) return copy_binary::append(column.type.binary, text_, into);
    copy_binary::append_null(into);
    return true;
  }
  if (given.is_null)
    into.append(copy_text::null);
  else
    copy_text::append(text_, into);
  into.push_back('\t');
  return true;
}

void mapped_rows::append_staging_fields(const row_manner& how, bool deletes, std::string& into) const {
  const auto append_flag = [&](bool set) {
    if (binary_) return copy_binary::append_boolean(set, into);
    into.append(set ? "t\t" : "f\t");
  };
  const auto number = static_cast<std::int64_t>(how.number);
  if (binary_) {
    copy_binary::append_integer(number, into);
  } else {
    append_number(number, into);
    into.push_back('\t');
  }
  append_flag(deletes);
  for (const bool set : defaults_) append_flag(set);
}

/// Reads the value if columns have pointers into it. Returns why it does not serve.
std::string_view mapped_rows::read(const record& source) {
  if (!has_pointers_) return {};
  if (value_reader_.read(source.has_value ? source.value : std::string_view("null")) == json_reader::verdict::no_json)
    return "its value is no JSON, from which the columns take their values";
  if (!source.has_value || value_reader_.root().of == kind::object) return {};
  for (std::size_t i = 0; i < value_reader_.pointers(); ++i) {
    if (value_reader_.found(i).of != kind::missing) return {};
  }
  return "its value is JSON, but no object from which the columns could take their values";
}

mapped_rows::field mapped_rows::field_of(std::size_t index, const batch& from, const record& source) {
  const auto& column = columns_[index];
  switch (column.wish.from.source) {
    case column_source::pointer:
      return pointer_field(index);
    case column_source::key:
      return bytes_field(column, source.has_key, source.key);
    case column_source::value:
      return bytes_field(column, source.has_value, source.value);
    case column_source::topic:
      return bytes_field(column, true, from.source().topic);
    case column_source::partition:
      append_number(source.partition, text_);
      return {};
    case column_source::position:
      append_number(source.position.value, text_);
      return {};
    case column_source::created:
      if (source.timestamp_ms == -1) return {.is_null = true};
      if (column.type.kind == column_kind::integer || column.type.kind == column_kind::number)
        append_number(source.timestamp_ms, text_);
      else
        copy_text::append_timestamp(source.timestamp_ms, text_);
      return {};
    case column_source::header:
      return header_field(column);
    case column_source::headers:
      if (headers_.empty()) return {.is_null = true};
      append_headers(headers_, text_in_json::without_nul, text_);
      return {};
    case column_source::payload:
    case column_source::remainder:
      break;  // of our own layout only
  }
  return {.is_null = true};
}

/// A key column takes what its pointer names in the record's key if that is a JSON object, else all of the key.
mapped_rows::field mapped_rows::field_of_tombstone(std::size_t index, const batch& from, const record& source) {
  const auto& column = columns_[index];
  if (!column.is_key) return {.is_null = true};
  if (column.wish.from.source != column_source::pointer) return field_of(index, from, source);
  if (key_is_object_) {
    const auto found = key_reader_.found(pointer_of_column_[index]);
    return made(converter_.append(found, column.type, column.wish.form, text_));
  }
  if (!one_key_ || !source.has_key) return {.is_null = true};
  return bytes_field(column, true, source.key);
}

mapped_rows::field mapped_rows::made(const conversion& done) const {
  return {.is_null = done.is_null, .why = std::string(done.why)};
}

mapped_rows::field mapped_rows::bytes_field(const database_column& column, bool present, std::string_view bytes) {
  if (!present) return {.is_null = true};
  auto done = made(converter_.append_bytes(bytes, column.type, column.wish.form, text_));
  if (!done.why.empty()) done.why = fmt::format("for column \"{}\", {}", column.name, done.why);
  return done;
}

mapped_rows::field mapped_rows::pointer_field(std::size_t index) {
  const auto& column = columns_[index];
  const auto found = value_reader_.found(pointer_of_column_[index]);
  auto done = made(converter_.append(found, column.type, column.wish.form, text_));
  done.missing = found.of == kind::missing;
  if (!done.why.empty())
    done.why = fmt::format("column \"{}\" of type {} does not take {}: {}", column.name, column.type.name,
                           column.wish.from.argument, done.why);
  return done;
}

mapped_rows::field mapped_rows::header_field(const database_column& column) {
  const auto newest_first = headers_ | std::views::reverse;
  const auto found = std::ranges::find(newest_first, column.wish.from.argument, &record_header::key);
  const bool there = found != newest_first.end() && found->has_value;
  return bytes_field(column, there, there ? found->value : std::string_view{});
}

std::unique_ptr<row_encoder> make_row_encoder(const database_target& target, copy_format format) {
  if (target.is_own) return std::make_unique<own_rows>(target);
  return std::make_unique<mapped_rows>(target, format);
}

}  // namespace kfs
