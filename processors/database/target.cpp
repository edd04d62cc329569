#include "processors/database/target.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "processors/database/connection.hpp"

namespace kfs {
namespace {

std::string name(std::string_view text) {
  return postgres_connection::quote_name(text);
}

/// The columns that `picks` selects, each written as `format` says and separated by commas.
template <class Picks>
std::string listed(const std::vector<database_column>& columns, const char* format, Picks&& picks) {
  std::string text;
  for (const auto& column : columns) {
    if (picks(column)) text += (text.empty() ? "" : ", ") + fmt::format(fmt::runtime(format), name(column.name));
  }
  return text;
}

bool any(const database_column&) {
  return true;
}
bool is_key(const database_column& column) {
  return column.is_key;
}

/// A subquery with the newest row of each key in the staging table.
std::string newest(const std::vector<database_column>& columns) {
  const auto keys = listed(columns, "{}", is_key);
  return fmt::format("(SELECT DISTINCT ON ({0}) * FROM {1} ORDER BY {0}, kafka_fetcher_number DESC) s", keys,
                     staging_table);
}

}  // namespace

std::string missing_flag(std::size_t column) {
  return fmt::format("kafka_fetcher_missing_{}", column);
}

std::string database_target::quoted() const {
  return name(schema) + '.' + name(table);
}

std::string database_target::shown() const {
  return schema.empty() ? name(table) : fmt::format("\"{}.{}\"", schema, table);
}

bool database_target::has_binary_form() const {
  return is_own || std::ranges::none_of(columns, [](const database_column& column) {
           return column.type.binary == copy_binary::form::none;
         });
}

std::string database_target::copy_command(copy_format format) const {
  const auto names = listed(columns, "{}", any);
  const auto* const how = format == copy_format::binary ? " (FORMAT binary)" : "";
  if (!staged) return fmt::format("COPY {} ({}) FROM STDIN{}", quoted(), names, how);
  std::string flags;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].wish.default_if_missing) flags += ", " + missing_flag(i);
  }
  return fmt::format("COPY {} ({}, kafka_fetcher_number, kafka_fetcher_deleted{}) FROM STDIN{}", staging_table, names,
                     flags, how);
}

std::string database_target::delete_statement() const {
  std::string same;
  for (const auto& column : columns) {
    if (column.is_key) same += fmt::format("{0}t.{1} = s.{1}", same.empty() ? "" : " AND ", name(column.name));
  }
  return fmt::format("DELETE FROM {} t USING {} WHERE s.kafka_fetcher_deleted AND {}", quoted(), newest(columns), same);
}

std::string database_target::insert_statement(bool repeated) const {
  const auto names = listed(columns, "{}", any);
  std::string values;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto value = "s." + name(columns[i].name);
    values += values.empty() ? "" : ", ";
    if (!columns[i].wish.default_if_missing)
      values += value;
    else
      values += fmt::format("CASE WHEN s.{} THEN {} ELSE {} END", missing_flag(i),
                            columns[i].default_value.empty() ? "NULL" : columns[i].default_value, value);
  }
  const auto insert = fmt::format("INSERT INTO {} ({}) SELECT {} FROM", quoted(), names, values);
  if (!upserts) return fmt::format("{} {} s ORDER BY s.kafka_fetcher_number", insert, staging_table);
  const auto changes = listed(columns, "{0} = excluded.{0}", [](const auto& column) { return !column.is_key; });
  return fmt::format("{} {} WHERE NOT s.kafka_fetcher_deleted ON CONFLICT ({}) DO {}", insert,
                     repeated ? newest(columns) : fmt::format("{} s", staging_table), listed(columns, "{}", is_key),
                     changes.empty() ? "NOTHING" : "UPDATE SET " + changes);
}

}  // namespace kfs
