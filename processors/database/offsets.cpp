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
  }
  return all;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

constexpr auto columns_of_progress =
    "kafka_partition, next_offset, epoch, updated_at < clock_timestamp() - interval '1 minute'";

}  // namespace

database_offsets::database_offsets(std::string schema, std::string target)
    : schema_(std::move(schema)),
      target_(std::move(target)),
      quoted_(postgres_connection::quote_name(schema_) + '.' + std::string(table_name)) {}

sql_result<void> database_offsets::create(postgres_connection& connection) const {
  const auto there = connection.query(fmt::format("SELECT to_regclass({})", connection.quote(quoted_)));
  if (!there) return tl::make_unexpected(there.error());
  if (there->at(0).at(0)) return {};
  // Without the lock two sessions that create it at once would conflict in the catalogue.
  return connection
      .query(fmt::format(
          "SELECT pg_advisory_xact_lock(hashtext('kafka_fetcher'), hashtext({1})); CREATE TABLE IF NOT EXISTS {0} "
          "(cluster_id text, consumer_group text, kafka_topic text, target_table text, kafka_partition integer, "
          "next_offset bigint, epoch bigint NOT NULL, updated_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY "
          "(cluster_id, consumer_group, kafka_topic, target_table, kafka_partition))",
          quoted_, connection.quote(schema_)))
      .map([](const sql_rows&) {});
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
                      quoted_, rows, columns_of_progress))
      .map(progress_of);
}

sql_result<std::vector<database_offsets::progress>> database_offsets::look(
    postgres_connection& connection, const record_source& source, const std::vector<partition_number>& partitions) {
  return connection
      .query(fmt::format("SELECT {} FROM {} o WHERE {} AND o.kafka_partition IN ({})", columns_of_progress, quoted_,
                         key_of(connection, source), fmt::join(partitions, ", ")))
      .map(progress_of);
}

sql_result<database_offsets::advanced> database_offsets::advance(postgres_connection& connection,
                                                                 const record_source& source,
                                                                 std::span<const move> moves,
                                                                 std::string_view expression) {
  std::string rows;
  for (const auto& [from, to] : moves) {
    rows += fmt::format("{}({}, {}::bigint, {}::bigint, {}::bigint)", rows.empty() ? "" : ", ", from.partition,
                        from.epoch, from.next ? std::to_string(from.next->value) : "NULL", to.value);
  }
  const auto key = key_of(connection, source);
  return connection
      .query(fmt::format("UPDATE {} o SET next_offset = v.goal, updated_at = clock_timestamp() FROM (VALUES {}) "
                         "v(part, ours, stands, goal) WHERE {} AND o.kafka_partition = v.part AND o.epoch = v.ours AND "
                         "o.next_offset IS NOT DISTINCT FROM v.stands RETURNING {}",
                         quoted_, rows, key, expression))
      .map([&](const sql_rows& moved) {
        const bool ours = moved.size() == moves.size();
        return advanced{ours, moved.empty() ? std::string() : moved.front().front().value_or("")};
      });
}

}  // namespace kfs
