#include "processors/database/table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <map>

#include "processors/database/column_fit.hpp"
#include "processors/database/errors.hpp"
#include "processors/database/table_state.hpp"

namespace kfs {
namespace {

std::string name(std::string_view text) {
  return postgres_connection::quote_name(text);
}

/// A column in the catalogue.
struct catalogue_column {
  column_type type;
  std::string base_type;
  std::string default_value;
  bool needed = false;     ///< NOT NULL without a default
  bool generated = false;  ///< cannot be written
};
using catalogue = std::map<std::string, catalogue_column>;

/// Of these types PostgreSQL reads the beginning of any text, and some of them wrap around.
std::uint64_t largest_count(const std::string& type) {
  if (type == "xid8") return std::numeric_limits<std::uint64_t>::max();
  return type == "oid" || type == "xid" || type == "cid" ? std::numeric_limits<std::uint32_t>::max() : 0;
}

/// In bytes, of a type that PostgreSQL cuts texts off for without an error; else 0.
std::size_t longest_text(const std::string& type) {
  if (type == "name") return longest_identifier;
  return type == "char" ? 1 : 0;
}

/// `category` is pg_type.typcategory, or "Rt" for a range of dates or times.
column_kind kind_of(const std::string& type, const std::string& category) {
  if (type == "bytea") return column_kind::bytes;
  if (type == "json" || type == "jsonb") return column_kind::document;
  if (type == "int2" || type == "int4" || type == "int8" || largest_count(type) > 0) return column_kind::integer;
  if (category == "N") return column_kind::number;
  if (type == "date" || type == "timestamp" || type == "timestamptz") return column_kind::time;
  if (category == "Rt") return column_kind::time_range;
  if (category == "D" || category == "T") return column_kind::interval;
  if (category == "S") return column_kind::text;
  return column_kind::other;
}

/// Why PostgreSQL inserts nothing into a relation of the table's name, and what to do.
std::string_view why_nothing_is_inserted(bool is_view) {
  if (!is_view) return "is no table, and PostgreSQL inserts no rows into it: name a table";
  return "is a view into which PostgreSQL cannot insert, because it has more than one table, or groups, distinct rows, "
         "a LIMIT, a WITH or a set operation: name a table, or make an INSTEAD OF INSERT trigger for the view";
}

/// The columns of the table with this oid. Types are those below domains, also of elements of arrays. A label of an
/// enumeration has the binary form of a text.
std::string catalogue_statement(const std::string& oid) {
  constexpr auto below_domains =
      "LATERAL (WITH RECURSIVE chain(type, modifier) AS (SELECT {0}, {1} UNION ALL SELECT d.typbasetype, d.typtypmod "
      "FROM chain c JOIN pg_type d ON d.oid = c.type WHERE d.typtype = 'd') SELECT y.oid, y.typname, y.typcategory, "
      "y.typelem, y.typtype, y.typnamespace, format_type(c.type, c.modifier) AS shown FROM chain c JOIN pg_type y ON "
      "y.oid = c.type WHERE "
      "y.typtype <> 'd') {2} ON {3}";
  // The row of a range names its multirange since PostgreSQL 14.
  constexpr auto is_range_of_times =
      "EXISTS (SELECT FROM pg_range r JOIN pg_type s ON s.oid = r.rngsubtype WHERE coalesce(e.oid, b.oid) IN "
      "(r.rngtypid, (to_jsonb(r) ->> 'rngmultitypid')::oid) AND s.typname IN ('date', 'timestamp', 'timestamptz'))";
  return fmt::format(
      "SELECT a.attname, format_type(a.atttypid, a.atttypmod), concat(b.shown, (SELECT format(' COLLATE %I.%I', "
      "n.nspname, l.collname) FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace WHERE l.oid = "
      "a.attcollation AND l.collname <> 'default')), b.typcategory = 'A', "
      "coalesce(e.typname, b.typname), CASE WHEN {} THEN 'Rt' ELSE coalesce(e.typcategory, b.typcategory)::text END, "
      // A trigger of each row before it is inserted (1, 2 and 4 in tgtype) may give it a value.
      "(a.attnotnull AND NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = a.attrelid AND g.tgtype & 7 = 7 AND "
      "g.tgenabled <> 'D') OR t.typnotnull) AND NOT a.atthasdef AND t.typdefault IS NULL AND a.attidentity = '', "
      "a.attgenerated <> '' OR "
      "a.attidentity = 'a', "
      "CASE WHEN a.attidentity = '' THEN coalesce(pg_get_expr(f.adbin, f.adrelid), pg_get_expr(t.typdefaultbin, 0)) "
      "ELSE format('nextval(%L::regclass)', "
      "pg_get_serial_sequence(a.attrelid::regclass::text, a.attname)) END, "
      "CASE WHEN b.typtype = 'e' THEN 'text' WHEN b.typnamespace = 'pg_catalog'::regnamespace THEN b.typname END "
      "FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN {} LEFT JOIN {} LEFT JOIN pg_attrdef f ON "
      "f.adrelid = a.attrelid AND f.adnum = "
      "a.attnum WHERE a.attrelid = {} AND a.attnum > 0 AND NOT a.attisdropped",
      is_range_of_times, fmt::format(fmt::runtime(below_domains), "a.atttypid", "a.atttypmod", "b", "true"),
      fmt::format(fmt::runtime(below_domains), "b.typelem", "-1", "e", "b.typcategory = 'A' AND b.typelem <> 0"), oid);
}

class preparation {
 public:
  preparation(postgres_connection& connection, const table_wish& wish, std::string_view place)
      : connection_(connection), wish_(wish), place_(place) {}

  result<database_target> run() {
    if (auto found = find(); !found) return tl::make_unexpected(std::move(found).error());
    if (auto state = read_state(); !state) return tl::make_unexpected(std::move(state).error());
    auto columns = read_columns();
    if (!columns) return tl::make_unexpected(std::move(columns).error());
    return choose_columns(*columns)
        .and_then([&] { return check_needed(*columns); })
        .and_then([&] { return check_sources(); })
        .and_then([&] { return check_keys(); })
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
    target_.staged = target_.upserts || std::ranges::any_of(wish_.columns, [](const auto& column) {
                       return column.second.default_if_missing;
                     });
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
    if (target_.schema == schema_of_the_store)
      return unfit("is in the schema of the server's own store: name a table of another schema");
    return true;
  }

  result<void> make() {
    std::string columns;
    for (const auto& column : own_columns())
      columns += fmt::format("{}{} {}", columns.empty() ? "" : ", ", name(column.name), column.type.name);
    std::string keys;
    for (const auto& key : wish_.keys) keys += (keys.empty() ? "" : ", ") + name(key);
    const auto unique = keys.empty() ? std::string() : fmt::format(", UNIQUE ({})", keys);
    return query(fmt::format("SELECT pg_advisory_xact_lock(hashtext('kafka_fetcher'), hashtext({2})); "
                             "CREATE TABLE IF NOT EXISTS {0} ({1}{3})",
                             wished(), columns, connection_.quote(wish_.name.table), unique),
                 "make table " + target_.shown())
        .map([](const sql_rows&) {});
  }

  /// Read before everything else, so that a change since then is noticed before the first row is committed.
  result<void> read_state() {
    // A function of PostgreSQL tells which views take rows; it waits for locks, so tables are not asked.
    constexpr auto takes_rows =
        "CASE relkind WHEN 'v' THEN pg_relation_is_updatable(oid, true) & 8 > 0 ELSE relkind IN ('r', 'p', 'f') END";
    const auto found = connection_.quote(target_.quoted());
    target_.state_expression = table_state_expression(connection_.quote(wished()), found);
    target_.surroundings_expression = table_surroundings_expression(found);
    auto rows = query(
        fmt::format("SELECT {0}, getdatabaseencoding() IN ('UTF8', 'SQL_ASCII'), row_security_active({1}::oid) OR "
                    "EXISTS (SELECT FROM pg_rewrite WHERE ev_class = {1} AND ev_type = '3'), relkind, {2}, {3} FROM "
                    "pg_class WHERE oid = {1}",
                    target_.state_expression, oid_, takes_rows, target_.surroundings_expression),
        "read the state of " + target_.shown());
    if (!rows) return tl::make_unexpected(std::move(rows).error());
    target_.state = rows->at(0).at(0).value_or("");
    target_.surroundings = rows->at(0).at(5).value_or("");
    target_.encodes_unicode = rows->at(0).at(1) == "t";
    is_view_ = rows->at(0).at(3) == "v";
    if (rows->at(0).at(2) == "t" || is_view_) target_.staged = true;  // COPY knows no policies, rules, views
    if (rows->at(0).at(4) == "f") return unfit(std::string(why_nothing_is_inserted(is_view_)));
    return {};
  }

  result<catalogue> read_columns() {
    auto rows = query(catalogue_statement(oid_), "read the columns of " + target_.shown());
    if (!rows) return tl::make_unexpected(std::move(rows).error());
    catalogue all;
    for (const auto& row : *rows) {
      all[*row.at(0)] = {.type = {.name = *row.at(1),
                                  .kind = kind_of(*row.at(4), *row.at(5)),
                                  .is_array = row.at(3) == "t",
                                  .binary = copy_binary::form_of(row.at(9).value_or("")),
                                  .longest = longest_text(*row.at(4)),
                                  .largest = largest_count(*row.at(4))},
                         .base_type = *row.at(2),
                         .default_value = row.at(8).value_or(""),
                         .needed = row.at(6) == "t",
                         .generated = row.at(7) == "t"};
    }
    return all;
  }

  result<void> choose_columns(const catalogue& there) {
    if (target_.is_own) {
      target_.columns = own_columns();
    } else {
      for (const auto& [column, wish] : wish_.columns) target_.columns.push_back({.name = column, .wish = wish});
    }
    for (auto& column : target_.columns) {
      const auto found = there.find(column.name);
      if (found == there.end())
        return unfit(fmt::format("has no column \"{}\": {}", column.name,
                                 target_.is_own ? "it is not of the layout that this server makes; say with columns "
                                                  "what goes where, or choose another table"
                                                : "add it, or correct columns"));
      if (target_.is_own && found->second.type.name != column.type.name)
        return unfit(fmt::format("has a column \"{}\" of type {} instead of {}", column.name, found->second.type.name,
                                 column.type.name));
      if (found->second.generated)
        return unfit(fmt::format("generates its column \"{}\" itself: take it out of columns", column.name));
      if (is_view_ && column.wish.default_if_missing && found->second.default_value.empty())
        return unfit(
            fmt::format("is a view that has no DEFAULT for its column \"{}\", where on_missing is default: "
                        "the table's DEFAULT does not show in a view. Name the table, or give the view one "
                        "(ALTER VIEW … ALTER COLUMN … SET DEFAULT …)",
                        column.name));
      column.type = found->second.type;
      column.base_type = found->second.base_type;
      column.default_value = found->second.default_value;
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
    for (const auto& column : target_.columns) {
      if (const auto misfit = misfit_of(column))
        return unfit(fmt::format("has a column \"{}\" of type {}, and {}", column.name, column.type.name, *misfit));
    }
    return {};
  }

  result<void> check_keys() {
    if (!target_.upserts) return {};
    if (is_view_)
      return unfit("is a view, which has no unique index, and mode upsert needs one: name the table below the view");
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
                               fmt::join(wish_.keys, ", ")));
    return {};
  }

  /// Columns have the collations of the table, so that it is told alike which keys are the same; and the types below
  /// domains, because a row to delete has no values but its keys. Domains are checked when
  /// the row goes into the table.
  result<void> make_staging() {
    if (!target_.staged) return {};
    std::string columns;
    std::string flags;
    std::size_t number = 0;
    for (const auto& column : target_.columns) {
      columns += fmt::format("{} {}, ", name(column.name), column.base_type);
      if (column.wish.default_if_missing) flags += fmt::format(", {} boolean", missing_flag(number));
      ++number;
    }
    return query(fmt::format("DROP TABLE IF EXISTS {}; CREATE TEMPORARY TABLE kafka_fetcher_staging ({}"
                             "kafka_fetcher_number bigint, kafka_fetcher_deleted boolean{}) ON COMMIT DELETE ROWS",
                             staging_table, columns, flags),
                 "make a staging table for " + target_.shown())
        .map([](const sql_rows&) {});
  }

  postgres_connection& connection_;
  const table_wish& wish_;
  const std::string_view place_;
  database_target target_;
  std::string oid_;
  bool is_view_ = false;
};

}  // namespace

result<database_target> prepare_table(postgres_connection& connection, const table_wish& wish, std::string_view place) {
  return preparation(connection, wish, place).run();
}

}  // namespace kfs
