#include "processors/database/column_fit.hpp"

#include <fmt/format.h>

namespace kfs {
namespace {

using enum column_kind;

/// What a source with one kind of value needs.
std::string needs(std::string_view what, std::string_view types) {
  return fmt::format("columns writes {} there, which {}: take another source, or another column", what, types);
}

bool is_epoch(value_form form) {
  return form == value_form::epoch_s || form == value_form::epoch_ms || form == value_form::epoch_us;
}

}  // namespace

std::optional<std::string> misfit_of(const database_column& column) {
  const auto kind = column.type.is_array ? other : column.type.kind;
  const bool countable = kind == integer || kind == number || kind == text;
  if (is_epoch(column.wish.form)) {
    if (kind == time || kind == text) return std::nullopt;
    return fmt::format(
        "its \"as\" is {}, which makes a time of the value: that goes into a date, timestamp, timestamptz or text "
        "column; leave \"as\" out to keep the number, or change the type of the column",
        name_of(column.wish.form));
  }
  switch (column.wish.from.source) {
    case column_source::partition:
      if (!countable) return needs("$partition", "goes into a number or text");
      break;
    case column_source::position:
      if (!countable) return needs("$offset", "goes into a number or text");
      break;
    case column_source::created:
      if (kind != time && !countable)
        return needs("$timestamp", "goes into a date, timestamp, timestamptz, number or text");
      break;
    case column_source::headers:
      if (kind != document && kind != text) return needs("$headers", "goes into json, jsonb or text");
      break;
    default:
      break;
  }
  return std::nullopt;
}

}  // namespace kfs
