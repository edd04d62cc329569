#include "config/store/sqlite/audit_rows.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "config/store/access_json.hpp"

namespace kfs {
namespace {

constexpr const char* columns = "id, at, actor, tenant, action, consumer_id, status, outcome, details";

/// So many entries are moved to the table with indexes at once.
constexpr std::int64_t moved_at_once = 256;

std::int64_t to_number(timestamp at) {
  return at.time_since_epoch().count();
}

audit_entry read_entry(const SQLite::Statement& row) {
  audit_entry entry;
  entry.id = row.getColumn(0).getInt64();
  entry.at = timestamp(std::chrono::milliseconds(row.getColumn(1).getInt64()));
  entry.actor.name = from_stored_ascii(row.getColumn(2).getString());
  entry.tenant = from_stored_ascii(row.getColumn(3).getString());
  entry.action = from_stored_ascii(row.getColumn(4).getString());
  entry.consumer = from_stored_ascii(row.getColumn(5).getString());
  entry.status = row.getColumn(6).getInt();
  entry.outcome = to_audit_outcome(row.getColumn(7).getString());
  read_audit_details(row.getColumn(8).getString(), entry);
  return entry;
}

/// The ids among which a page lies: the times are those of the callers and do not grow strictly with the ids.
std::pair<std::int64_t, std::int64_t> bounds_of(SQLite::Database& database, const audit_filter& filter) {
  if (!filter.from && !filter.to) return {filter.after + 1, INT64_MAX};
  SQLite::Statement row(database,
                        "SELECT coalesce(min(id), 0), coalesce(max(id), -1) FROM ("
                        "SELECT id FROM audit INDEXED BY audit_by_time WHERE at >= ?1 AND at < ?2 AND id > ?3"
                        " UNION ALL SELECT id FROM audit_recent WHERE at >= ?1 AND at < ?2 AND id > ?3)");
  row.bind(1, filter.from ? to_number(*filter.from) : INT64_MIN);
  row.bind(2, filter.to ? to_number(*filter.to) : INT64_MAX);
  row.bind(3, filter.after);
  row.executeStep();
  return {row.getColumn(0).getInt64(), row.getColumn(1).getInt64()};
}

/// The conditions of a filter but for its tenants.
class entry_query {
 public:
  entry_query(const audit_filter& filter, std::pair<std::int64_t, std::int64_t> ids) : filter_(filter), ids_(ids) {
    if (filter.actor) add("actor", *filter.actor);
    if (filter.consumer) add("consumer_id", *filter.consumer);
    if (filter.action) add("action", *filter.action);
  }

  /// The first entries by id, at most `most`; only those of `tenant`, if one is given.
  std::vector<audit_entry> first(SQLite::Database& database, std::size_t most, const std::string* tenant) const {
    std::string text =
        "SELECT " + std::string(columns) + " FROM audit_entries WHERE id >= ? AND id <= ? AND at >= ? AND at < ?";
    for (const auto& [column, value] : wanted_) text += " AND " + column + " = ?";
    if (tenant != nullptr) text += " AND tenant = ?";
    SQLite::Statement rows(database, text + " ORDER BY id LIMIT ?");
    int place = 0;
    rows.bind(++place, ids_.first);
    rows.bind(++place, ids_.second);
    rows.bind(++place, filter_.from ? to_number(*filter_.from) : INT64_MIN);
    rows.bind(++place, filter_.to ? to_number(*filter_.to) : INT64_MAX);
    for (const auto& [column, value] : wanted_) rows.bind(++place, value);
    if (tenant != nullptr) rows.bind(++place, to_stored_ascii(*tenant));
    rows.bind(++place, static_cast<std::int64_t>(most));
    std::vector<audit_entry> found;
    while (rows.executeStep()) found.push_back(read_entry(rows));
    return found;
  }

 private:
  void add(const char* column, const std::string& value) { wanted_.emplace_back(column, to_stored_ascii(value)); }

  const audit_filter& filter_;
  std::pair<std::int64_t, std::int64_t> ids_;
  std::vector<std::pair<std::string, std::string>> wanted_;
};

constexpr const char* insertion =
    "INSERT INTO audit_recent (at, actor, tenant, action, consumer_id, status, outcome, details)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

void move_entries(SQLite::Database& database) {
  database.exec("INSERT INTO audit SELECT * FROM audit_recent; DELETE FROM audit_recent");
}

/// Returns the id.
std::int64_t insert(SQLite::Database& database, SQLite::Statement& row, const audit_entry& kept) {
  row.bind(1, to_number(kept.at));
  row.bind(2, to_stored_ascii(kept.actor.name));
  row.bind(3, to_stored_ascii(kept.tenant));
  row.bind(4, to_stored_ascii(kept.action));
  row.bind(5, to_stored_ascii(kept.consumer));
  row.bind(6, kept.status);
  row.bind(7, std::string(to_string(kept.outcome)));
  row.bind(8, audit_details(kept));
  row.exec();
  row.reset();
  const auto id = database.getLastInsertRowid();
  if (id % moved_at_once == 0) move_entries(database);
  return id;
}

/// Updates both tables. Returns the number of entries that were changed.
template <class... Values>
int update_entries(SQLite::Database& database, const std::string& how, const Values&... values) {
  int changed = 0;
  for (const auto* table : {"audit_recent", "audit"}) {
    SQLite::Statement row(database, std::string("UPDATE ") + table + " SET " + how);
    SQLite::bind(row, values...);
    changed += row.exec();
  }
  return changed;
}

void finish_entry(SQLite::Database& database, const audit_finish& finished) {
  update_entries(database, "outcome = ?, status = ? WHERE id = ? AND outcome = 'pending'",
                 std::string(to_string(finished.outcome)), finished.status, finished.id);
}

std::vector<audit_entry> entries_of_the_times(SQLite::Database& database, const std::vector<audit_entry>& entries) {
  std::set<timestamp> times;
  for (const auto& entry : entries) times.insert(entry.at);
  SQLite::Statement rows(database, "SELECT " + std::string(columns) + " FROM audit_entries WHERE at = ?");
  std::vector<audit_entry> found;
  for (const auto at : times) {
    rows.bind(1, to_number(at));
    while (rows.executeStep()) found.push_back(read_entry(rows));
    rows.reset();
  }
  return found;
}

}  // namespace

std::int64_t append_entry(sqlite_database& database, const audit_entry& entry) {
  return insert(database.connection(), database.prepared(insertion), bounded(entry));
}

void write_batch(SQLite::Database& database, const audit_batch& batch) {
  auto entries = all_bounded(batch.entries);
  if (batch.again) entries = missing_entries(entries, entries_of_the_times(database, entries));
  SQLite::Statement row(database, insertion);
  for (const auto& entry : entries) insert(database, row, entry);
  for (const auto& finished : batch.finished) finish_entry(database, finished);
}

audit_page read_entries(SQLite::Database& database, const audit_filter& filter) {
  const auto limit = std::min(filter.limit, most_audit_page);
  const entry_query query(filter, bounds_of(database, filter));
  audit_page page;
  if (!filter.tenants) {
    page.entries = query.first(database, limit + 1, nullptr);
  } else {
    // One question for each, so that an index finds the first entries of each.
    for (const auto& tenant : *filter.tenants) {
      auto found = query.first(database, limit + 1, &tenant);
      std::ranges::move(found, std::back_inserter(page.entries));
    }
    std::ranges::sort(page.entries, {}, &audit_entry::id);
    const auto repeated = std::ranges::unique(page.entries, {}, &audit_entry::id);
    page.entries.erase(repeated.begin(), repeated.end());
  }
  page.more = page.entries.size() > limit;
  if (page.more) page.entries.resize(limit);
  return page;
}

std::size_t prune_entries(SQLite::Database& database, timestamp before, std::size_t most) {
  move_entries(database);
  SQLite::Statement rows(database,
                         "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < ? ORDER BY at LIMIT ?)");
  rows.bind(1, to_number(before));
  rows.bind(2, static_cast<std::int64_t>(most));
  return static_cast<std::size_t>(rows.exec());
}

std::size_t settle_all(SQLite::Database& database) {
  return static_cast<std::size_t>(update_entries(database, "outcome = 'unknown' WHERE outcome = 'pending'"));
}

}  // namespace kfs
