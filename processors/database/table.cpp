#include "processors/database/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "processors/database/errors.hpp"

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

/// A column in the catalogue.
struct catalogue_column {
  std::string type;
  column_kind kind = column_kind::other;
  bool needed = false;     ///< NOT NULL without a default
  bool generated = false;  ///< cannot be written
};
using catalogue = std::map<std::string, catalogue_column>;

column_kind kind_of(const std::string& type, const std::string& category) {
  if (type == "bytea") return column_kind::bytes;
  if (type == "json" || type == "jsonb") return column_kind::document;
  if (category == "A") return column_kind::array;
  if (category == "N") return column_kind::number;
  if (category == "D") return column_kind::time;
  if (category == "S") return column_kind::text;
  return column_kind::other;
}

class preparation {
 public:
  preparation(postgres_connection& connection, const table_wish& wish, std::string_view place)
      : connection_(connection), wish_(wish), place_(place) {}

  result<database_target> run() {
    if (auto found = find(); !found) return tl::make_unexpected(std::move(found).error());
    auto columns = read_columns();
    if (!columns) return tl::make_unexpected(std::move(columns).error());
    return choose_columns(*columns)
        .and_then([&] { return check_needed(*columns); })
        .and_then([&] { return check_sources(); })
        .and_then([&] { return check_keys(); })
        .and_then([&] { return look_for_deferred(); })
        .and_then([&] { return make_staging(); })
        .map([&] { return target_; });
  }

 private:
  result<sql_rows> query(const std::string& statement, std::string_view action) {
    auto rows = connection_.query(statement);
    if (!rows) return tl::make_unexpected(database_error(fmt::format("{} at {}", action, place_), rows.error()));
    return *rows;
  }

  [[nodiscard]] tl::unexpected<error> unfit(const std::string& why) const {
    return failure(ec::sink_denied, fmt::format("table {} of {} {}", target_.shown(), place_, why));
  }

  /// The table's name as configured, quoted for statements.
  [[nodiscard]] std::string wished() const {
    const auto table = name(wish_.name.table);
    return wish_.name.schema.empty() ? table : name(wish_.name.schema) + '.' + table;
  }

  /// Finds the table, or makes it.
  result<void> find() {
    target_.table = wish_.name.table;
    target_.schema = wish_.name.schema;
    target_.is_own = wish_.columns.empty();
    target_.upserts = !wish_.keys.empty();
    auto found = look_up();
    if (!found || *found) return found.map([](bool) {});
    if (!wish_.create) return unfit("does not exist, and create_table is false: make it, or correct table");
    if (!target_.is_own)
      return unfit("does not exist: make it, as a table with columns of your own is not made for you");
    if (auto made = make(); !made) return made;
    return look_up().and_then([&](bool there) -> result<void> {
      if (there) return {};
      return unfit("cannot be found although it was made: name its schema in table");
    });
  }

  result<bool> look_up() {
    auto rows = query(fmt::format("SELECT n.nspname, c.relname, c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = "
                                  "c.relnamespace WHERE c.oid = to_regclass({})",
                                  connection_.quote(wished())),
                      "look up table " + target_.shown());
    if (!rows) return tl::make_unexpected(std::move(rows).error());
    if (rows->empty()) return false;
    target_.schema = *rows->at(0).at(0);
    target_.table = *rows->at(0).at(1);
    oid_ = *rows->at(0).at(2);
    return true;
  }

  result<void> make() {
    std::string columns;
    for (const auto& column : own_columns())
      columns += fmt::format("{}{} {}", columns.empty() ? "" : ", ", name(column.name), column.type);
    std::string keys;
    for (const auto& key : wish_.keys) keys += (keys.empty() ? "" : ", ") + name(key);
    const auto unique = keys.empty() ? std::string() : fmt::format(", UNIQUE ({})", keys);
    return query(fmt::format("SELECT pg_advisory_xact_lock(hashtext('kafka_fetcher'), hashtext({2})); "
                             "CREATE TABLE IF NOT EXISTS {0} ({1}{3})",
                             wished(), columns, connection_.quote(wish_.name.table), unique),
                 "make table " + target_.shown())
        .map([](const sql_rows&) {});
  }

  result<catalogue> read_columns() {
    auto rows = query(
        fmt::format("SELECT a.attname, format_type(a.atttypid, a.atttypmod), coalesce(b.typname, t.typname), "
                    "coalesce(b.typcategory, t.typcategory), a.attnotnull AND NOT a.atthasdef AND a.attidentity = '', "
                    "a.attgenerated <> '' OR a.attidentity = 'a' FROM pg_attribute a JOIN pg_type t ON t.oid = "
                    "a.atttypid LEFT JOIN pg_type b ON t.typtype = 'd' AND b.oid = t.typbasetype WHERE a.attrelid = {} "
                    "AND a.attnum > 0 AND NOT a.attisdropped",
                    oid_),
        "read the columns of " + target_.shown());
    if (!rows) return tl::make_unexpected(std::move(rows).error());
    catalogue all;
    for (const auto& row : *rows) {
      all[*row.at(0)] = {.type = *row.at(1),
                         .kind = kind_of(*row.at(2), *row.at(3)),
                         .needed = row.at(4) == "t",
                         .generated = row.at(5) == "t"};
    }
    return all;
  }

  result<void> choose_columns(const catalogue& there) {
    if (target_.is_own) {
      target_.columns = own_columns();
    } else {
      for (const auto& [column, from] : wish_.columns)
        target_.columns.push_back({.name = column, .from = from, .kind = column_kind::other, .type = {}});
    }
    for (auto& column : target_.columns) {
      const auto found = there.find(column.name);
      if (found == there.end())
        return unfit(fmt::format("has no column \"{}\": {}", column.name,
                                 target_.is_own ? "it is not of the layout that this server makes; say with columns "
                                                  "what goes where, or choose another table"
                                                : "add it, or correct columns"));
      if (target_.is_own && found->second.type != column.type)
        return unfit(
            fmt::format("has a column \"{}\" of type {} instead of {}", column.name, found->second.type, column.type));
      if (found->second.generated)
        return unfit(fmt::format("generates its column \"{}\" itself: take it out of columns", column.name));
      column.kind = found->second.kind;
      column.type = found->second.type;
      column.is_key = std::ranges::find(wish_.keys, column.name) != wish_.keys.end();
    }
    return {};
  }

  result<void> check_needed(const catalogue& there) {
    for (const auto& [column, found] : there) {
      if (!found.needed || std::ranges::find(target_.columns, column, &database_column::name) != target_.columns.end())
        continue;
      return unfit(
          fmt::format("has a column \"{}\" that is NOT NULL and has no default, and columns does not name it: "
                      "add it to columns, or give it a default",
                      column));
    }
    return {};
  }

  /// Checks what can be known before the first record.
  result<void> check_sources() {
    using enum column_kind;
    for (const auto& column : target_.columns) {
      const auto source = column.from.source;
      const bool numeric = source == column_source::partition || source == column_source::position;
      const bool fits = numeric ? column.kind == number || column.kind == text
                        : source == column_source::created
                            ? column.kind == time || column.kind == number || column.kind == text
                        : source == column_source::headers ? column.kind == document || column.kind == text
                                                           : true;
      if (!fits)
        return unfit(fmt::format("has a column \"{}\" of type {}, which cannot hold what columns puts there",
                                 column.name, column.type));
    }
    return {};
  }

  result<void> check_keys() {
    if (!target_.upserts) return {};
    std::string keys;
    for (const auto& key : wish_.keys) keys += (keys.empty() ? "" : ", ") + connection_.quote(key);
    const auto rows =
        query(fmt::format(
                  "SELECT 1 FROM pg_index i WHERE i.indrelid = {0} AND i.indisunique AND i.indimmediate AND i.indpred "
                  "IS NULL AND i.indexprs IS NULL AND (SELECT array_agg(a.attname::text ORDER BY a.attname::text) "
                  "FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = "
                  "ANY((i.indkey::int2[])[0:i.indnkeyatts - 1])) = (SELECT array_agg(k ORDER BY k) FROM "
                  "unnest(ARRAY[{1}]::text[]) k)",
                  oid_, keys),
              "look up the keys of " + target_.shown());
    if (!rows) return tl::make_unexpected(rows.error());
    if (rows->empty())
      return unfit(fmt::format("has no primary key or unique index on exactly the key_columns ({}): make one",
                               listed(target_.columns, "{}", is_key)));
    return {};
  }

  result<void> look_for_deferred() {
    const auto rows =
        query(fmt::format("SELECT EXISTS (SELECT FROM pg_constraint WHERE conrelid = {0} AND condeferrable) "
                          "OR EXISTS (SELECT FROM pg_trigger WHERE tgrelid = {0} AND tgdeferrable)",
                          oid_),
              "look up the constraints of " + target_.shown());
    if (!rows) return tl::make_unexpected(rows.error());
    target_.has_deferred = rows->at(0).at(0) == "t";
    return {};
  }

  result<void> make_staging() {
    if (!target_.upserts) return {};
    return query(fmt::format(
                     "CREATE TEMPORARY TABLE IF NOT EXISTS kafka_fetcher_staging ON COMMIT DELETE ROWS AS SELECT {}, "
                     "0::bigint AS kafka_fetcher_number, false AS kafka_fetcher_deleted FROM {} WITH NO DATA",
                     listed(target_.columns, "{}", any), target_.quoted()),
                 "make a staging table for " + target_.shown())
        .map([](const sql_rows&) {});
  }

  postgres_connection& connection_;
  const table_wish& wish_;
  const std::string_view place_;
  database_target target_;
  std::string oid_;
};

/// A subquery with the newest row of each key in the staging table.
std::string newest(const std::vector<database_column>& columns) {
  const auto keys = listed(columns, "{}", is_key);
  return fmt::format("(SELECT DISTINCT ON ({0}) * FROM {1} ORDER BY {0}, kafka_fetcher_number DESC) s", keys,
                     staging_table);
}

}  // namespace

std::string database_target::quoted() const {
  return name(schema) + '.' + name(table);
}

std::string database_target::shown() const {
  return schema.empty() ? name(table) : fmt::format("\"{}.{}\"", schema, table);
}

std::string database_target::copy_command() const {
  const auto names = listed(columns, "{}", any);
  if (!upserts) return fmt::format("COPY {} ({}) FROM STDIN", quoted(), names);
  return fmt::format("COPY {} ({}, kafka_fetcher_number, kafka_fetcher_deleted) FROM STDIN", staging_table, names);
}

std::string database_target::delete_statement() const {
  std::string same;
  for (const auto& column : columns) {
    if (column.is_key) same += fmt::format("{0}t.{1} = s.{1}", same.empty() ? "" : " AND ", name(column.name));
  }
  return fmt::format("DELETE FROM {} t USING {} WHERE s.kafka_fetcher_deleted AND {}", quoted(), newest(columns), same);
}

std::string database_target::upsert_statement(bool repeated) const {
  const auto names = listed(columns, "{}", any);
  const auto changes = listed(columns, "{0} = excluded.{0}", [](const auto& column) { return !column.is_key; });
  return fmt::format("INSERT INTO {} ({}) SELECT {} FROM {} WHERE NOT s.kafka_fetcher_deleted ON CONFLICT ({}) DO {}",
                     quoted(), names, names, repeated ? newest(columns) : fmt::format("{} s", staging_table),
                     listed(columns, "{}", is_key), changes.empty() ? "NOTHING" : "UPDATE SET " + changes);
}

result<database_target> prepare_table(postgres_connection& connection, const table_wish& wish, std::string_view place) {
  return preparation(connection, wish, place).run();
}

}  // namespace kfs
