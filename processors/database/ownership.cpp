#include "processors/database/ownership.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "processors/database/errors.hpp"

namespace kfs {

error database_error_at(std::string_view step, const std::string& place, const sql_failure& failure) {
  return database_error(fmt::format("{} at {}", step, place), failure);
}

result<void> begin_at(postgres_connection& connection, const std::string& place) {
  auto begun = connection.begin();
  if (!begun) return tl::make_unexpected(database_error_at("begin a transaction", place, begun.error()));
  return {};
}

result<void> commit_at(postgres_connection& connection, const std::string& place) {
  auto committed = connection.commit();
  if (!committed) return tl::make_unexpected(database_error_at("commit", place, committed.error()));
  return {};
}

result<void> partition_ownership::take(const table_session& session, const record_source& source,
                                       const std::vector<partition_number>& partitions) {
  if (!source_ || *source_ != source) {
    entries_.clear();
    source_ = source;
  }
  if (auto begun = begin_at(session.connection, place_); !begun) return begun;
  const auto taken = session.offsets.take(session.connection, source, partitions);
  if (!taken) return tl::make_unexpected(database_error_at("take over partitions", place_, taken.error()));
  if (auto committed = commit_at(session.connection, place_); !committed) return committed;
  for (const auto& row : *taken) entries_[row.partition] = {row};
  return {};
}

result<void> partition_ownership::know(const table_session& session, const record_source& source,
                                       const std::vector<partition_number>& partitions) {
  std::vector<partition_number> unknown;
  std::vector<partition_number> doubtful;
  for (const auto partition : partitions) {
    const auto found = entries_.find(partition);
    if (found == entries_.end() || source_ != source)
      unknown.push_back(partition);
    else if (found->second.doubtful)
      doubtful.push_back(partition);
  }
  if (!unknown.empty()) {
    if (auto taken = take(session, source, unknown); !taken) return taken;
  }
  return doubtful.empty() ? result<void>{} : read_again(session, source, doubtful);
}

result<void> partition_ownership::read_again(const table_session& session, const record_source& source,
                                             const std::vector<partition_number>& partitions) {
  if (auto begun = begin_at(session.connection, place_); !begun) return begun;
  const auto rows = session.offsets.look(session.connection, source, partitions);
  if (!rows) return tl::make_unexpected(database_error_at("read the offsets", place_, rows.error()));
  if (auto committed = commit_at(session.connection, place_); !committed) return committed;
  for (const auto partition : partitions) {
    const auto row = std::ranges::find(*rows, partition, &database_offsets::progress::partition);
    auto& known = entries_.at(partition);
    if (row == rows->end()) {
      entries_.erase(partition);
      return row_removed(partition);
    }
    const auto epoch = known.epoch;
    if (row->epoch == epoch && known.next && (!row->next || *row->next < *known.next)) return set_back(partition);
    known = {*row};
    known.lost = row->epoch != epoch;
    known.epoch = epoch;
  }
  return {};
}

/// The next attempt inserts the row again.
tl::unexpected<error> partition_ownership::row_removed(partition_number partition) const {
  return failure(ec::sink_unavailable,
                 fmt::format("somebody removed the row of partition {} from {} at {}; it is made again", partition,
                             database_offsets::table_name, place_));
}

/// Writing on from here would leave out the lost records; a start of the consumer reads from where the table is.
tl::unexpected<error> partition_ownership::set_back(partition_number partition) const {
  return failure(ec::sink_denied,
                 fmt::format("{} at {} stands further back in partition {} than what was committed there: somebody "
                             "changed it, or the server lost transactions (a failover to one that was behind); stop "
                             "and start the consumer, which then reads from there again",
                             database_offsets::table_name, place_, partition));
}

result<void> partition_ownership::take_back(const table_session& session, const batch& records) {
  std::vector<partition_number> abandoned;
  for (const auto& range : records.ranges()) {
    const auto& known = entries_.at(range.partition);
    if (!known.lost || covers(range)) continue;
    if (!known.idle || !known.next || range.first > *known.next) return fenced(session.table);
    abandoned.push_back(range.partition);
  }
  return abandoned.empty() ? result<void>{} : take(session, records.source(), abandoned);
}

bool partition_ownership::covers(const batch_range& range) const {
  const auto& known = entries_.at(range.partition);
  return known.next && range.next <= *known.next;
}

void partition_ownership::doubt_all() {
  for (auto& [partition, known] : entries_) known.doubtful = true;
}

tl::unexpected<error> partition_ownership::fenced(const std::string& table) const {
  return failure(
      ec::member_fenced,
      fmt::format("another writer of this group has taken partitions of table {} at {} over, so nothing was written; "
                  "if two consumers of the group read the same partitions into this table, stop one of them",
                  table, place_));
}

}  // namespace kfs
