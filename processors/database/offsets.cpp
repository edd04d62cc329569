#include "processors/database/offsets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace kfs {
namespace {

std::vector<database_offsets::progress> progress_of(const sql_rows& rows) {
  std::vector<database_offsets::progress> all;
  for (const auto& row : rows) {
    database_offsets::progress& read = all.emplace_back();
    read.partition = std::stoi(*row.at(0));
    if (row.at(1)) read.next = offset{std::stoll(*row.at(1))};
    read.epoch = std::stoll(*row.at(2));
    read.idle = row.at(3) == "t";
    read.log = row.at(4).value_or("");
  }
  return all;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

constexpr auto column_of_log = "kafka_log";
constexpr auto invalid_text = "22P02";
/// In the errors with which PostgreSQL rejects a commit whose conditions are not met.
constexpr auto mark_of_not_ours = "kafka_fetcher_not_ours";
constexpr auto mark_of_changed = "kafka_fetcher_changed";

std::string columns_of_progress(bool with_log) {
  return fmt::format("kafka_partition, next_offset, epoch, updated_at < clock_timestamp() - interval '1 minute', {}",
                     with_log ? column_of_log : "NULL");
}

}  // namespace

database_offsets::database_offsets(std::string schema, std::string target)
    : schema_(std::move(schema)),
      target_(std::move(target)),
      quoted_(postgres_connection::quote_name(schema_) + '.' + std::string(table_name)) {}

sql_result<void> database_offsets::create(postgres_connection& connection) {
  const auto there = connection.query(
      fmt::format("SELECT to_regclass({0}), EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = "
                  "to_regclass({0}) AND attname = '{1}' AND NOT attisdropped)",
                  connection.quote(quoted_), column_of_log));
  if (!there) return tl::make_unexpected(there.error());
  if (there->at(0).at(0)) {
    return there->at(0).at(1) == "t" ? sql_result<void>{} : add_column(connection);
  }
  // Without the lock two sessions that create it at once would conflict in the catalogue.
  return connection
      .query(fmt::format(
          "SELECT pg_advisory_xact_lock(hashtext('kafka_fetcher'), hashtext({1})); CREATE TABLE IF NOT EXISTS {0} "
          "(cluster_id text, consumer_group text, kafka_topic text, target_table text, kafka_partition integer, "
          "next_offset bigint, epoch bigint NOT NULL, updated_at timestamptz NOT NULL DEFAULT now(), {2} text, "
          "PRIMARY KEY (cluster_id, consumer_group, kafka_topic, target_table, kafka_partition))",
          quoted_, connection.quote(schema_), column_of_log))
      .map([](const sql_rows&) {});
}

sql_result<void> database_offsets::add_column(postgres_connection& connection) {
  constexpr auto insufficient_privilege = "42501";
  const auto added = connection.query(fmt::format(
      "SAVEPOINT kafka_fetcher_column; ALTER TABLE {} ADD COLUMN IF NOT EXISTS {} text", quoted_, column_of_log));
  if (added) return {};
  if (added.error().state != insufficient_privilege) return tl::make_unexpected(added.error());
  stores_logs_ = false;
  return connection.query("ROLLBACK TO SAVEPOINT kafka_fetcher_column").map([](const sql_rows&) {});
}

/// The group's name as the database can hold it: where its encoding lacks a character, all of those outside ASCII are
/// percent-encoded. Topics and ids of clusters are ASCII.
const std::string& database_offsets::stored_group(postgres_connection& connection, const std::string& group) {
  const auto [entry, added] = stored_groups_.try_emplace(group, group);
  if (!added || is_ascii(group)) return entry->second;
  std::string bytes;
  std::string encoded = "percent-encoded:";
  for (const char c : group) {
    const auto byte = static_cast<unsigned char>(c);
    bytes += fmt::format("{:02x}", byte);
    encoded += byte >= 0x80 || c == '%' ? fmt::format("%{:02X}", byte) : std::string(1, c);
  }
  const auto held = connection.query(fmt::format(
      "SAVEPOINT kafka_fetcher_name; SELECT convert(decode('{}', 'hex'), 'UTF8', getdatabaseencoding())", bytes));
  if (!held) entry->second = encoded;
  (void)connection.query("ROLLBACK TO SAVEPOINT kafka_fetcher_name");  // a failure shows in the statement that follows
  return entry->second;
}

std::string database_offsets::key_of(postgres_connection& connection, const record_source& source) {
  const auto& group = stored_group(connection, source.group);
  return fmt::format("o.cluster_id = {} AND o.consumer_group = {} AND o.kafka_topic = {} AND o.target_table = {}",
                     connection.quote(source.cluster_id), connection.quote(group), connection.quote(source.topic),
                     connection.quote(target_));
}

sql_result<std::vector<database_offsets::progress>> database_offsets::take(postgres_connection& connection,
                                                                           const record_source& source,
                                                                           std::vector<partition_number> partitions) {
  if (partitions.empty()) return std::vector<progress>{};
  const auto& group = stored_group(connection, source.group);
  std::ranges::sort(partitions);  // all writers lock rows in the same order
  std::string rows;
  for (const auto partition : partitions) {
    rows += fmt::format("{}({}, {}, {}, {}, {}, 1)", rows.empty() ? "" : ", ", connection.quote(source.cluster_id),
                        connection.quote(group), connection.quote(source.topic), connection.quote(target_), partition);
  }
  return connection
      .query(
          fmt::format("INSERT INTO {} AS o (cluster_id, consumer_group, kafka_topic, target_table, kafka_partition, "
                      "epoch) VALUES {} ON CONFLICT (cluster_id, consumer_group, kafka_topic, target_table, "
                      "kafka_partition) DO UPDATE SET epoch = o.epoch + 1, updated_at = clock_timestamp() RETURNING {}",
                      quoted_, rows, columns_of_progress(stores_logs_)))
      .map(progress_of);
}

sql_result<std::vector<database_offsets::progress>> database_offsets::look(
    postgres_connection& connection, const record_source& source, const std::vector<partition_number>& partitions) {
  return connection
      .query(fmt::format("SELECT {} FROM {} o WHERE {} AND o.kafka_partition IN ({})",
                         columns_of_progress(stores_logs_), quoted_, key_of(connection, source),
                         fmt::join(partitions, ", ")))
      .map(progress_of);
}

/// A condition that is not met becomes an error, which keeps the COMMIT behind it from being run. The casts that fail
/// depend on a count, because PostgreSQL evaluates constants before it knows whether they are needed.
sql_result<database_offsets::outcome> database_offsets::advance_and_commit(postgres_connection& connection,
                                                                           const record_source& source,
                                                                           std::span<const move> moves,
                                                                           const std::optional<condition>& required) {
  std::string rows;
  for (const auto& [from, to, log] : moves) {
    rows += fmt::format("{}({}, {}::bigint, {}::bigint, {}::bigint, {}::text)", rows.empty() ? "" : ", ",
                        from.partition, from.epoch, from.next ? std::to_string(from.next->value) : "NULL", to.value,
                        log ? connection.quote(*log) : "NULL");
  }
  const auto moves_log =
      stores_logs_ && std::ranges::any_of(moves, [](const auto& each) { return each.log.has_value(); });
  const auto key = key_of(connection, source);
  const auto committed = connection.commit_after(fmt::format(
      "WITH moved AS (UPDATE {} o SET next_offset = v.goal, {}updated_at = clock_timestamp() FROM (VALUES {}) "
      "v(part, ours, stands, goal, log) WHERE {} AND o.kafka_partition = v.part AND o.epoch = v.ours AND "
      "o.next_offset IS NOT DISTINCT FROM v.stands RETURNING ({})::text AS state) "
      "SELECT CASE WHEN count(*) <> {} THEN ('{} ' || count(*))::int "
      "WHEN coalesce(min(state), '') <> {} THEN ('{} ' || count(*))::int END FROM moved",
      quoted_, moves_log ? fmt::format("{0} = coalesce(v.log, o.{0}), ", column_of_log) : "", rows, key,
      required ? required->expression : "NULL", moves.size(), mark_of_not_ours,
      required ? connection.quote(required->value) : "''", mark_of_changed));
  if (committed) return outcome::committed;
  if (committed.error().state == invalid_text) {
    if (committed.error().text.find(mark_of_not_ours) != std::string::npos) return outcome::not_ours;
    if (committed.error().text.find(mark_of_changed) != std::string::npos) return outcome::changed;
  }
  return tl::make_unexpected(committed.error());
}

}  // namespace kfs
