#include "processors/database/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>

#include "config/base/text.hpp"
#include "processors/database/dsn.hpp"
#include "processors/database/sink.hpp"

namespace kfs {
namespace {

// ---- Declaration

constexpr auto dsn_option = "db_dsn";
constexpr auto table_option = "table";
constexpr auto create_option = "create_table";
constexpr auto mode_option = "mode";
constexpr auto keys_option = "key_columns";
constexpr auto columns_option = "columns";
constexpr auto delete_option = "delete_on_null";
constexpr auto timeout_option = "timeout_ms";
constexpr auto from_field = "from";
constexpr auto as_field = "as";
constexpr auto missing_field = "on_missing";
constexpr auto default_word = "default";
constexpr std::size_t longest_dsn = 4096;
constexpr std::size_t most_columns = 1'000;
constexpr std::int64_t default_timeout_ms = 30'000;

constexpr std::array<std::string_view, 2> own_tables{"kafka_fetcher_offsets", "kafka_fetcher_staging"};
constexpr std::array<std::string_view, 6> system_columns{"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"};

/// The URI with a word in place of a password that is a reference, which has characters that a URI cannot have.
std::string without_reference(const std::string& uri) {
  return replace_referenced_passwords(uri, [](const secret_reference&) { return std::string("reference"); });
}

std::optional<std::string> mistake_in_dsn(const json& value) {
  const auto dsn = postgres_dsn::parse(without_reference(value.get_ref<const std::string&>()));
  if (dsn) return std::nullopt;
  return dsn.error().message;
}

std::optional<std::string> mistake_in_table(const json& value) {
  const auto name = parse_table_name(value.get_ref<const std::string&>());
  if (name) return std::nullopt;
  return name.error().message;
}

std::optional<std::string> mistake_in_source(const json& value) {
  const auto& text = value.get_ref<const std::string&>();
  if (parse_source(text)) return std::nullopt;
  if (text.starts_with('/')) return "in a JSON pointer write ~ in a name as ~0, and / in a name as ~1";
  return fmt::format("write {}", source_forms);
}

/// Checks a source, or an object whose fields are right each.
std::optional<std::string> mistake_in_column(const json& value) {
  if (value.is_string()) return mistake_in_source(value);
  const auto source = parse_source(value.at(from_field).get_ref<const std::string&>())->source;
  const bool pointer = source == column_source::pointer;
  const bool formed =
      pointer || source == column_source::key || source == column_source::value || source == column_source::header;
  if (value.contains(as_field) && !value.at(as_field).is_null() && !formed)
    return "\"as\" is for JSON pointers, $key, $value and $headers.name: leave it out";
  if (value.value(missing_field, json()) == default_word && !pointer)
    return "\"on_missing\" is for JSON pointers: leave it out";
  return std::nullopt;
}

/// Checks an array or object that names columns.
std::optional<std::string> mistake_in_names(const json& value) {
  std::set<std::string> seen;
  for (const auto& [key, element] : value.items()) {
    const auto& name = value.is_object() ? key : element.get_ref<const std::string&>();
    if (name.empty() || name.size() > longest_identifier || has_control_character(name))
      return fmt::format("each column needs a name of 1 to {} bytes without control characters", longest_identifier);
    if (!seen.insert(name).second) return "a column is named twice";
    if (std::ranges::find(system_columns, name) != system_columns.end())
      return fmt::format("{} is a column that PostgreSQL keeps in every table and that cannot be written; name another",
                         name);
  }
  return std::nullopt;
}

std::shared_ptr<const option> string_item(std::string name, std::string summary,
                                          std::function<std::optional<std::string>(const json&)> check = {}) {
  return std::make_shared<option>(
      option{.name = std::move(name), .summary = std::move(summary), .check = std::move(check)});
}

/// What is written to one column: a source, or an object with more.
std::shared_ptr<const option> column_item() {
  auto fields = std::make_shared<object_schema>(
      "column", "Where a column's value comes from, and what is made of it.",
      std::vector<option>{
          {.name = from_field,
           .summary = "Where the column's value comes from, as in a string in place of this object.",
           .required = true,
           .check = mistake_in_source},
          {.name = as_field,
           .summary =
               "What the value is: epoch_s, epoch_ms or epoch_us (a number that counts from 1970-01-01 UTC), text, "
               "json (the value's JSON), base64 or hex (a text that encodes bytes). Absent: as the column's type "
               "takes it.",
           .nullable = true,
           .one_of = form_names()},
          {.name = missing_field,
           .summary = "What the column takes when the pointer finds nothing: null, or the column's DEFAULT.",
           .nullable = true,
           .default_value = "null",
           .one_of = {"null", default_word}}});
  return std::make_shared<option>(option{.name = "source",
                                         .summary = "Where the column's value comes from.",
                                         .check = mistake_in_column,
                                         .or_object = std::move(fields)});
}

std::shared_ptr<const object_schema> declaration() {
  return std::make_shared<object_schema>(
      "database_sync", "Writes every record to a table of PostgreSQL, exactly once.",
      std::vector<option>{
          {.name = dsn_option,
           .summary = "The database, as postgresql://user:password@host:5432/database?sslmode=require; several hosts "
                      "are separated by commas. Hosts must be allowed by DATABASE_ALLOWED_HOSTS.",
           .required = true,
           .holds_secret = true,
           .example = "postgresql://user:password@127.0.0.1:5432/payments",
           .min_length = 1,
           .max_length = longest_dsn,
           .check = mistake_in_dsn},
          {.name = table_option,
           .summary = "The table, as table or schema.table, a name with a dot in double quotes; absent: the name of "
                      "the topic, which then has at most 63 bytes.",
           .nullable = true,
           .min_length = 1,
           .max_length = 2 * longest_identifier + 5,
           .check = mistake_in_table},
          {.name = create_option,
           .kind = value_kind::boolean,
           .summary = "Whether a missing table is made, with columns for topic, partition, offset, timestamp, key, "
                      "headers and value. Not with columns.",
           .default_value = true},
          {.name = mode_option,
           .summary = "append: a row for every record. upsert: a row for every key_columns, with the newest record.",
           .default_value = "append",
           .one_of = {"append", "upsert"}},
          {.name = keys_option,
           .kind = value_kind::array,
           .summary = "The columns that tell rows apart in mode upsert. The table needs a unique index on them.",
           .nullable = true,
           .min_length = 1,
           .max_length = 32,
           .check = mistake_in_names,
           .items = string_item("column", "A column's name.")},
          {.name = columns_option,
           .kind = value_kind::object,
           .summary = "What is written to which column of a table of your own: column to a JSON pointer into the value "
                      "(/amount), $key, $value, $topic, $partition, $offset, $timestamp, $headers or $headers.name; or "
                      "an object "
                      "{\"from\", \"as\", \"on_missing\"}.",
           .nullable = true,
           .example = json{{"id", "/id"}, {"amount", "/order/amount"}, {"received", "$timestamp"}},
           .min_length = 1,
           .max_length = most_columns,
           .check = mistake_in_names,
           .items = column_item()},
          {.name = delete_option,
           .kind = value_kind::boolean,
           .summary = "Whether in mode upsert a record without a value deletes the row that its key names.",
           .default_value = false},
          {.name = timeout_option,
           .kind = value_kind::integer,
           .summary = "Milliseconds that one statement may take.",
           .default_value = default_timeout_ms,
           .minimum = 100,
           .maximum = 3'600'000},
      });
}

// ---- Checks

bool is_given(const json& config, const char* name) {
  const auto at = config.find(name);
  return at != config.end() && !at->is_null();
}

/// Where the column's value comes from; nullopt when the column is not written.
std::optional<column_source> source_of(const json& config, const std::string& column) {
  if (!is_given(config, columns_option)) {
    const auto own = std::ranges::find(own_columns(), column, &database_column::name);
    return own == own_columns().end() ? std::nullopt : std::optional(own->wish.from.source);
  }
  const auto& columns = config.at(columns_option);
  const auto found = columns.find(column);
  if (found == columns.end()) return std::nullopt;
  const auto& from = found->is_object() ? found->at(from_field) : *found;
  return parse_source(from.get_ref<const std::string&>())->source;
}

bool takes_default(const json& config, const std::string& column) {
  if (!is_given(config, columns_option)) return false;
  const auto& columns = config.at(columns_option);
  const auto found = columns.find(column);
  return found != columns.end() && found->is_object() && found->value(missing_field, json()) == default_word;
}

/// Whether a record without a value can have the key of another record.
bool is_in_tombstones(column_source source) {
  return source != column_source::value && source != column_source::payload && source != column_source::remainder &&
         source != column_source::position;
}

/// Checks that a record without a value can name the row to delete. The columns of the keys are written.
void check_deletion(const json& config, const json& loc, std::vector<violation>& found) {
  for (const auto& key : config.at(keys_option)) {
    const auto column = key.get<std::string>();
    const auto source = source_of(config, column);
    if (!source || is_in_tombstones(*source)) continue;
    const auto* const why = *source == column_source::position ? "each record has another offset"
                                                               : "it holds the value, which the record does not have";
    found.push_back({"value_error", below(loc, delete_option),
                     fmt::format("Value error, a record without a value can never name a row by the key column \"{}\": "
                                 "{}; take the column out of key_columns, or leave delete_on_null out",
                                 column, why),
                     nullptr});
  }
}

void check_modes(const json& config, const json& loc, std::vector<violation>& found) {
  const bool upsert = config.value(mode_option, "append") == "upsert";
  const bool keys = is_given(config, keys_option);
  if (upsert && !keys) found.push_back({"missing", below(loc, keys_option), "mode upsert needs key_columns", nullptr});
  if (!upsert && keys)
    found.push_back({"value_error", below(loc, keys_option),
                     "Value error, key_columns are for mode upsert: set it, or leave them out", nullptr});
  if (!upsert && config.value(delete_option, false))
    found.push_back({"value_error", below(loc, delete_option),
                     "Value error, delete_on_null is for mode upsert: set it, or leave this out", nullptr});
  if (!upsert || !keys) return;
  for (const auto& key : config.at(keys_option)) {
    if (takes_default(config, key))
      found.push_back({"value_error", below(loc, keys_option),
                       "Value error, a key cannot be missing: take \"on_missing\" out of this column", key});
    if (!source_of(config, key))
      found.push_back({"value_error", below(loc, keys_option),
                       "Value error, each of key_columns has to be one of the columns that are written", key});
  }
  if (config.value(delete_option, false)) check_deletion(config, loc, found);
}

/// The URI as far as it is known; nullopt when it is a reference as a whole.
std::optional<std::string> uri_of(const json& config) {
  const auto& text = config.at(dsn_option).get_ref<const std::string&>();
  return parse_secret_reference(text) ? std::nullopt : std::optional(without_reference(text));
}

void check_hosts(const std::string& uri, const json& loc, const sink_environment& environment,
                 std::vector<violation>& found) {
  const auto dsn = postgres_dsn::parse(uri);
  if (!dsn) return;  // the declaration's own check has said so
  for (const auto& host : dsn->hosts) {
    if (const auto allowed = environment.database_hosts.check_host(host.host); !allowed)
      found.push_back({"value_error", below(loc, dsn_option), "Value error, " + allowed.error().message, nullptr});
  }
}

table_name table_of(const config_for_topic& placed) {
  if (!is_given(placed.config, table_option)) return {{}, std::string(placed.topic)};
  return *parse_table_name(placed.config.at(table_option).get<std::string>());
}

std::optional<std::string> mistake_in_table_of(const table_name& name) {
  if (name.table.size() > longest_identifier)
    return fmt::format(
        "the topic's name has {} bytes, and that of a table at most {}: PostgreSQL would cut it, and "
        "topics that begin alike would share a table; set table",
        name.table.size(), longest_identifier);
  if (std::ranges::find(own_tables, name.table) != own_tables.end())
    return fmt::format("{} is a table in which database_sync keeps its own state; name another table", name.table);
  if (name.schema == schema_of_the_store)
    return fmt::format("the schema {} is that of this server's own store; name another schema", name.schema);
  if (name.schema.starts_with("pg_") || name.schema == "information_schema")
    return fmt::format("the schema {} is PostgreSQL's own; name another schema", name.schema);
  return std::nullopt;
}

void check_config(const config_for_topic& checked, const json& loc, const sink_environment& environment,
                  std::vector<violation>& found) {
  if (const auto uri = uri_of(checked.config)) {
    if (auto mistake = ambiguity_in_dsn(*uri))
      found.push_back({"value_error", below(loc, dsn_option), "Value error, " + *mistake, nullptr});
    check_hosts(*uri, loc, environment, found);
  } else if (environment.names_database_hosts) {
    found.push_back({"value_error", below(loc, dsn_option),
                     "Value error, the tenant is limited to hosts of databases (allowed.database_hosts), so only the "
                     "password may be a reference: postgresql://user:${file:/path}@host/database",
                     nullptr});
  }
  check_modes(checked.config, loc, found);
  if (auto mistake = mistake_in_table_of(table_of(checked)))
    found.push_back({"value_error", below(loc, table_option), "Value error, " + *mistake, nullptr});
}

/// Processors of one group that write to the same place share the bookkeeping. A table without a schema is in `public`
/// or in the schema that has the user's name (PostgreSQL's default search path).
place_names places_of_table(const config_for_topic& placed, const sink_environment&) {
  const auto [schema, table] = table_of(placed);
  if (table.empty()) return {};
  const auto uri = uri_of(placed.config);
  // Where it leads is not known here, but two that are the same lead to the same place.
  if (!uri) return {fmt::format("{}\n{}\n{}", placed.config.at(dsn_option).get<std::string>(), schema, table)};
  const auto dsn = *postgres_dsn::parse(*uri);
  const auto schemas = schema.empty() ? std::vector<std::string>{"public", dsn.user} : std::vector<std::string>{schema};
  place_names all;
  for (const auto& server : dsn.servers()) {
    for (const auto& each : schemas) all.push_back(fmt::format("{}\n{}\n{}\n{}", server, dsn.database, each, table));
  }
  return all;
}

/// A call shows a sign of life between two statements, and each statement is bounded.
std::chrono::milliseconds longest_statement(const json& config) {
  return std::chrono::milliseconds(config.value(timeout_option, default_timeout_ms));
}

// ---- The options, read

column_wish wish_of_column(const json& value) {
  if (value.is_string()) return {.from = *parse_source(value.get<std::string>())};
  const auto form = value.value(as_field, json());
  return {.from = *parse_source(value.at(from_field).get<std::string>()),
          .form = form.is_string() ? *parse_form(form.get<std::string>()) : value_form::plain,
          .default_if_missing = value.value(missing_field, json()) == default_word};
}

table_wish wish_of(const json& config, const std::string& topic) {
  table_wish wish;
  wish.name = config.contains(table_option) ? *parse_table_name(config.at(table_option).get<std::string>())
                                            : table_name{{}, topic};
  wish.create = config.value(create_option, true);
  if (config.contains(columns_option)) {
    for (const auto& [column, source] : config.at(columns_option).items())
      wish.columns.emplace_back(column, wish_of_column(source));
  }
  if (config.value(mode_option, "append") == "upsert")
    wish.keys = config.at(keys_option).get<std::vector<std::string>>();
  return wish;
}

}  // namespace

database_sink_options read_database_sink_options(const json& config, const std::string& topic) {
  return {.dsn = *postgres_dsn::parse(config.at(dsn_option).get<std::string>()),
          .table = wish_of(config, topic),
          .deletes_null = config.value(delete_option, false),
          .timeout = std::chrono::milliseconds(config.value(timeout_option, default_timeout_ms))};
}

// ---- Registration

sink_type database_sync_type() {
  return {.options = declaration(),
          .check = check_config,
          .places_of = places_of_table,
          .how_to_part = "give each its own table, and write it with its schema",
          .make =
              [](const consumer_spec& consumer, const processor_spec& processor, const sink_environment& environment,
                 const lifeline& watched, int instance) {
                return make_database_sink(read_database_sink_options(processor.config, consumer.topic), environment,
                                          watched, sink_lease(environment.leases, consumer.id, instance));
              },
          .longest_silence = longest_statement,
          .waits = true};
}

}  // namespace kfs
