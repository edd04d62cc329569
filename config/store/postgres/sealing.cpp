#include "config/store/postgres/sealing.hpp"

#include <fmt/format.h>

#include <utility>

#include "config/store/postgres/schema.hpp"

namespace kfs {
namespace {

constexpr int most_rows = 50;  ///< that one transaction moves

/// Replicas that have given a sign of life within 90 s, by the clock of the database. The longest lease is 60 s.
constexpr const char* others_that_live =
    " FROM kafka_fetcher.replicas AS r LEFT JOIN kafka_fetcher.replica_keys AS k"
    " ON k.replica = r.replica AND k.run = r.run"
    " WHERE NOT r.ended AND r.last_seen_at > extract(epoch FROM clock_timestamp()) * 1000 - 90000 AND r.replica <> ";

std::string array_of(pqxx::work& transaction, const std::vector<std::string>& values) {
  std::string list;
  for (const auto& value : values) list += (list.empty() ? "" : ", ") + transaction.quote(value);
  return fmt::format("ARRAY[{}]", list);
}

// The key stays until the transaction ends, so that what was written with it can be seen when there is another one.
constexpr const char* share_lock = " FOR SHARE";
constexpr const char* own_lock = " FOR UPDATE";

std::string key_of_store(pqxx::work& transaction, const char* lock) {
  const auto row = transaction.exec(fmt::format("SELECT key_id FROM kafka_fetcher.sealing{}", lock));
  return row.empty() ? std::string() : row[0][0].as<std::string>();
}

/// Leaves out, without reading them, rows that are sealed with the key.
std::string not_sealed_with(pqxx::work& transaction, const std::string& key) {
  const auto beginning = spec_sealing::beginning(key);
  return fmt::format("left(spec, {}) <> {}", beginning.size(), transaction.quote(beginning));
}

}  // namespace

void postgres_sealing::announce(pqxx::work& transaction) {
  const auto& keys = sealing_.keys();
  if (keys.empty()) return;
  transaction.exec(
      fmt::format("INSERT INTO kafka_fetcher.replica_keys (replica, run, current_key, readable_keys)"
                  " SELECT replica, run, {}, {} FROM kafka_fetcher.replicas WHERE replica = {}"
                  " ON CONFLICT (replica) DO UPDATE SET run = excluded.run, current_key = excluded.current_key,"
                  " readable_keys = excluded.readable_keys"
                  " WHERE (replica_keys.run, replica_keys.current_key, replica_keys.readable_keys)"
                  " IS DISTINCT FROM (excluded.run, excluded.current_key, excluded.readable_keys)",
                  transaction.quote(keys.current()), array_of(transaction, keys.ids()), transaction.quote(replica_)));
  learn(settle(transaction));
}

result<std::string> postgres_sealing::to_text(pqxx::work& transaction, const consumer_spec& spec) {
  const auto key = settle(transaction);
  learn(key);
  if (auto may = sealing_.may_store(spec, key); !may) return tl::make_unexpected(may.error());
  return sealing_.to_text(spec, key_);
}

std::string postgres_sealing::settle(pqxx::work& transaction) {
  const auto current = sealing_.keys().current();
  if (current.empty() || key_of_store(transaction, "") == current) return key_of_store(transaction, share_lock);
  const auto present = key_of_store(transaction, own_lock);
  if (present == current) return present;
  if (const auto replicas = hindering(transaction, present); !replicas.empty()) {
    sealing_.note_hindered(replicas);
    return present;
  }
  transaction.exec(fmt::format("UPDATE kafka_fetcher.sealing SET key_id = {}", transaction.quote(current)));
  return current;
}

/// Replicas that do not have the current key yet, or write with the present one; empty when there are none.
std::string postgres_sealing::hindering(pqxx::work& transaction, const std::string& present) const {
  return transaction
      .exec(fmt::format("SELECT coalesce(string_agg(r.replica, ', ' ORDER BY r.replica), ''){}{}"
                        " AND (k.readable_keys IS NULL OR {} <> ALL (k.readable_keys) OR k.current_key = {})",
                        others_that_live, transaction.quote(replica_), transaction.quote(sealing_.keys().current()),
                        transaction.quote(present)))[0][0]
      .as<std::string>();
}

void postgres_sealing::learn(const std::string& key) {
  auto held = sealing_.keys().holds(key) ? key : std::string();
  if (held == key_) return;
  key_ = std::move(held);
  begin_again();
}

void postgres_sealing::begin_again() {
  at_ = moving::consumers;
  last_.clear();
  last_revision_ = 0;
}

result<std::vector<consumer_id>> postgres_sealing::move_some(pqxx::work& transaction) {
  if (key_of_store(transaction, share_lock) != key_) {
    key_.clear();  // announce() tells the new one
    return std::vector<consumer_id>{};
  }
  transaction.exec(fmt::format("SELECT pg_advisory_xact_lock({})", postgres_sealing_lock));
  if (at_ == moving::consumers) return move_consumers(transaction);
  return move_revisions(transaction).map([] { return std::vector<consumer_id>{}; });
}

result<std::vector<consumer_id>> postgres_sealing::move_consumers(pqxx::work& transaction) {
  std::vector<consumer_id> moved;
  const auto rows =
      transaction.exec(fmt::format("SELECT id, spec FROM kafka_fetcher.consumers WHERE {} AND id COLLATE \"C\" > {}"
                                   " ORDER BY id COLLATE \"C\" LIMIT {} FOR UPDATE",
                                   not_sealed_with(transaction, key_), transaction.quote(last_), most_rows));
  if (rows.empty()) {
    begin_again();
    at_ = moving::revisions;
    return moved;
  }
  for (const auto& row : rows) {
    last_ = row[0].as<std::string>();
    const auto text = sealing_.moved_to(key_, row[1].as<std::string>());
    if (!text) return tl::make_unexpected(text.error());
    if (!*text) continue;
    transaction.exec(fmt::format("UPDATE kafka_fetcher.consumers SET spec = {} WHERE id = {}",
                                 transaction.quote(**text), transaction.quote(last_)));
    moved.push_back({last_});
  }
  return moved;
}

result<void> postgres_sealing::move_revisions(pqxx::work& transaction) {
  const auto rows = transaction.exec(
      fmt::format("SELECT consumer_id, revision, spec FROM kafka_fetcher.revisions WHERE {}"
                  " AND (consumer_id COLLATE \"C\", revision) > ({}, {})"
                  " ORDER BY consumer_id COLLATE \"C\", revision LIMIT {} FOR UPDATE",
                  not_sealed_with(transaction, key_), transaction.quote(last_), last_revision_, most_rows));
  if (rows.empty()) {
    at_ = moving::done;
    if (key_ == sealing_.keys().current()) sealing_.note_sealed();
  }
  for (const auto& row : rows) {
    last_ = row[0].as<std::string>();
    last_revision_ = row[1].as<std::int64_t>();
    const auto text = sealing_.moved_to(key_, row[2].as<std::string>());
    if (!text) return tl::make_unexpected(text.error());
    if (!*text) continue;
    transaction.exec(
        fmt::format("UPDATE kafka_fetcher.revisions SET spec = {} WHERE consumer_id = {} AND revision = {}",
                    transaction.quote(**text), transaction.quote(last_), last_revision_));
  }
  return {};
}

}  // namespace kfs
