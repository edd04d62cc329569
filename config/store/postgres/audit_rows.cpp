#include "config/store/postgres/audit_rows.hpp"

#include <algorithm>
#include <utility>

#include "config/store/access_json.hpp"

namespace kfs {
namespace {

constexpr const char* columns = "id, at, actor, tenant, action, consumer_id, status, outcome, details";

std::string number(timestamp at) {
  return std::to_string(at.time_since_epoch().count());
}

std::string quoted(pqxx::work& transaction, const std::string& text) {
  return transaction.quote(to_stored_ascii(text));
}

audit_entry read_entry(const pqxx::row& row) {
  audit_entry entry;
  entry.id = row[0].as<std::int64_t>();
  entry.at = timestamp(std::chrono::milliseconds(row[1].as<std::int64_t>()));
  entry.actor.name = from_stored_ascii(row[2].as<std::string>());
  entry.tenant = from_stored_ascii(row[3].as<std::string>());
  entry.action = from_stored_ascii(row[4].as<std::string>());
  entry.consumer = from_stored_ascii(row[5].as<std::string>());
  entry.status = row[6].as<int>();
  entry.outcome = to_audit_outcome(row[7].as<std::string>());
  read_audit_details(row[8].as<std::string>(), entry);
  return entry;
}

/// " AND at >= … AND at < …".
std::string times_of(const audit_filter& filter) {
  std::string text;
  if (filter.from) text += " AND at >= " + number(*filter.from);
  if (filter.to) text += " AND at < " + number(*filter.to);
  return text;
}

/// The first and the last id that a page may hold. The times are those of the callers and do not grow strictly with the
/// ids, so the ids among which the entries of some times lie are read from the index of the times.
std::pair<std::string, std::string> ids_of(pqxx::work& transaction, const audit_filter& filter) {
  const auto first = std::to_string(filter.after + 1);
  if (!filter.from && !filter.to) return {first, std::to_string(INT64_MAX)};
  const auto found = transaction.exec(
      "SELECT coalesce(min(id), 0), coalesce(max(id), -1) FROM (SELECT id FROM kafka_fetcher.audit WHERE id >= " +
      first + times_of(filter) + " OFFSET 0) AS those");
  return {found[0][0].as<std::string>(), found[0][1].as<std::string>()};
}

/// The tenants as a list of SQL texts; each may be there more than once.
std::string listed(pqxx::work& transaction, const std::vector<std::string>& tenants) {
  std::string values;
  for (const auto& tenant : tenants) values += (values.empty() ? "" : ", ") + quoted(transaction, tenant);
  return "ARRAY[" + values + "]::text[]";
}

/// Reads the first entries by an index of (column, id), whatever the planner believes: the comparison of rows leaves it
/// no choice. So the time grows with the page and not with the audit.
class entry_question {
 public:
  entry_question(pqxx::work& transaction, const audit_filter& filter, std::size_t most)
      : ids_(ids_of(transaction, filter)), ordered_(" LIMIT " + std::to_string(most)), rest_(times_of(filter)) {
    if (filter.consumer) lead_or_add("consumer_id", quoted(transaction, *filter.consumer));
    if (filter.actor) lead_or_add("actor", quoted(transaction, *filter.actor));
    if (filter.tenants && column_.empty()) {
      column_ = "tenant";
      value_ = "wanted.name";
      wanted_ = "(SELECT DISTINCT unnest(" + listed(transaction, *filter.tenants) + ")) AS wanted (name)";
    } else if (filter.tenants) {
      rest_ += " AND tenant = ANY (" + listed(transaction, *filter.tenants) + ")";
    }
    if (filter.action) lead_or_add("action", quoted(transaction, *filter.action));
  }

  [[nodiscard]] std::string text() const {
    const auto chosen = "SELECT " + std::string(columns) + " FROM kafka_fetcher.audit WHERE ";
    if (column_.empty())
      return chosen + "id BETWEEN " + ids_.first + " AND " + ids_.second + rest_ + " ORDER BY id" + ordered_;
    const auto place = "(" + column_ + ", id)";
    const auto by_index = chosen + place + " >= (" + value_ + ", " + ids_.first + ") AND " + place + " <= (" + value_ +
                          ", " + ids_.second + ")" + rest_ + " ORDER BY " + column_ + ", id" + ordered_;
    if (wanted_.empty()) return by_index;
    // One question for each tenant.
    return "SELECT found.* FROM " + wanted_ + ", LATERAL (" + by_index + ") AS found ORDER BY id" + ordered_;
  }

 private:
  /// The first condition chooses the index.
  void lead_or_add(const char* column, const std::string& value) {
    if (!column_.empty()) {
      rest_ += " AND " + std::string(column) + " = " + value;
      return;
    }
    column_ = column;
    value_ = value;
  }

  std::pair<std::string, std::string> ids_;
  std::string ordered_;
  std::string rest_;
  std::string column_;
  std::string value_;
  std::string wanted_;
};

constexpr const char* insertion =
    "INSERT INTO kafka_fetcher.audit (id, at, actor, tenant, action, consumer_id, status, outcome, details, run) "
    "VALUES ";

std::string values_of(pqxx::work& transaction, const audit_entry& kept, const std::string& id, std::int64_t run) {
  return "(" + id + ", " + number(kept.at) + ", " + quoted(transaction, kept.actor.name) + ", " +
         quoted(transaction, kept.tenant) + ", " + quoted(transaction, kept.action) + ", " +
         quoted(transaction, kept.consumer) + ", " + std::to_string(kept.status) + ", " +
         transaction.quote(std::string(to_string(kept.outcome))) + ", " + transaction.quote(audit_details(kept)) +
         ", " + std::to_string(run) + ")";
}

std::string finishing(pqxx::work& transaction, const audit_finish& finished) {
  return "UPDATE kafka_fetcher.audit SET outcome = " + transaction.quote(std::string(to_string(finished.outcome))) +
         ", status = " + std::to_string(finished.status) + " WHERE id = " + std::to_string(finished.id) +
         " AND outcome IN ('pending', 'unknown');";
}

/// Those of this process.
std::vector<audit_entry> entries_of_the_times(pqxx::work& transaction, const std::vector<audit_entry>& entries,
                                              std::int64_t run) {
  std::string times;
  for (const auto& entry : entries) times += (times.empty() ? "" : ", ") + number(entry.at);
  std::vector<audit_entry> found;
  for (const auto& row : transaction.exec("SELECT " + std::string(columns) + " FROM kafka_fetcher.audit WHERE at IN (" +
                                          (times.empty() ? "NULL" : times) + ") AND run = " + std::to_string(run)))
    found.push_back(read_entry(row));
  return found;
}

}  // namespace

std::string insertion_of(pqxx::work& transaction, const audit_entry& entry, const std::string& id, std::int64_t run) {
  return insertion + values_of(transaction, bounded(entry), id, run);
}

std::int64_t append_entry(pqxx::work& transaction, const audit_entry& entry, std::int64_t run) {
  const auto taken = transaction.exec(
      "UPDATE kafka_fetcher.counters SET last_audit = last_audit + 1;" +
      insertion_of(transaction, entry, "(SELECT last_audit FROM kafka_fetcher.counters)", run) + " RETURNING id");
  return taken[0][0].as<std::int64_t>();
}

void write_batch(pqxx::work& transaction, const audit_batch& batch, std::int64_t run) {
  auto entries = all_bounded(batch.entries);
  if (batch.again) {
    // Waits for the earlier transaction, if it is still being committed.
    transaction.exec("UPDATE kafka_fetcher.counters SET last_audit = last_audit");
    entries = missing_entries(entries, entries_of_the_times(transaction, entries, run));
  }
  std::string statements;
  if (!entries.empty()) {
    const auto last = transaction
                          .exec("UPDATE kafka_fetcher.counters SET last_audit = last_audit + " +
                                std::to_string(entries.size()) + " RETURNING last_audit")[0][0]
                          .as<std::int64_t>();
    auto id = last - static_cast<std::int64_t>(entries.size());
    statements = std::string(insertion);
    for (const auto& entry : entries) {
      statements += values_of(transaction, entry, std::to_string(++id), run);
      statements += id == last ? ";" : ", ";
    }
  }
  for (const auto& finished : batch.finished) statements += finishing(transaction, finished);
  if (!statements.empty()) transaction.exec(statements);
}

audit_page read_entries(pqxx::work& transaction, const audit_filter& filter) {
  const auto limit = std::min(filter.limit, most_audit_page);
  audit_page page;
  for (const auto& row : transaction.exec(entry_question(transaction, filter, limit + 1).text()))
    page.entries.push_back(read_entry(row));
  page.more = page.entries.size() > limit;
  if (page.more) page.entries.resize(limit);
  return page;
}

std::size_t prune_entries(pqxx::work& transaction, timestamp before, std::size_t most) {
  return static_cast<std::size_t>(
      transaction
          .exec("DELETE FROM kafka_fetcher.audit WHERE id IN (SELECT id FROM kafka_fetcher.audit WHERE at < " +
                number(before) + " ORDER BY at LIMIT " + std::to_string(most) + " FOR UPDATE SKIP LOCKED)")
          .affected_rows());
}

std::size_t settle_entries(pqxx::work& transaction, std::int64_t run) {
  return static_cast<std::size_t>(
      transaction
          .exec("UPDATE kafka_fetcher.audit SET outcome = 'unknown' WHERE outcome = 'pending' AND run IN (SELECT run"
                " FROM (SELECT DISTINCT run FROM kafka_fetcher.audit WHERE outcome = 'pending' AND run <> " +
                std::to_string(run) + " OFFSET 0) AS others WHERE pg_try_advisory_xact_lock(run))")
          .affected_rows());
}

}  // namespace kfs
