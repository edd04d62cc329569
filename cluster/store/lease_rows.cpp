#include "cluster/store/lease_rows.hpp"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

namespace kfs {
namespace {

using json = nlohmann::json;

/// One row: the counter of changes, the replicas, the leases if they changed, and whether the own row was renewed.
constexpr const char* sight_of = R"sql(
SELECT counters.last_lease,
  (SELECT coalesce(json_agg(json_build_array(replica, run, heartbeats, draining OR leaving, evicted, ended, capacity, protocol,
      version, address, started_at, last_seen_at)), '[]') FROM kafka_fetcher.replicas),
  CASE WHEN counters.last_lease <> {known} THEN
    (SELECT coalesce(json_agg(json_build_array(consumer_id, instance, replica, run, epoch, since)), '[]')
      FROM kafka_fetcher.leases) END,
  {renewed}
FROM kafka_fetcher.counters)sql";

timestamp time_of(const json& milliseconds) {
  return timestamp(std::chrono::milliseconds(milliseconds.get<std::int64_t>()));
}

std::vector<listed_replica> replicas_of(const std::string& text) {
  std::vector<listed_replica> replicas;
  for (const auto& row : json::parse(text)) {
    listed_replica found{.row = {.replica = {row[0]},
                                 .run = {row[1]},
                                 .heartbeats = row[2],
                                 .draining = row[3],
                                 .evicted = {},
                                 .ended = row[5],
                                 .capacity = {},
                                 .protocol = row[7]},
                         .version = row[8],
                         .address = row[9],
                         .started_at = time_of(row[10]),
                         .last_seen_at = time_of(row[11])};
    if (!row[4].is_null()) found.row.evicted = run_id{row[4]};
    if (!row[6].is_null()) found.row.capacity = row[6].get<std::size_t>();
    replicas.push_back(std::move(found));
  }
  return replicas;
}

std::vector<stored_lease> leases_of(const std::string& text) {
  std::vector<stored_lease> leases;
  for (const auto& row : json::parse(text)) {
    stored_lease found{
        .instance = {{row[0]}, row[1]}, .holder = {}, .run = {}, .term = {row[4]}, .since = time_of(row[5])};
    if (!row[2].is_null()) {
      found.holder = replica_id{row[2]};
      found.run = {row[3]};
    }
    leases.push_back(std::move(found));
  }
  return leases;
}

/// The values for SQL's IN (…).
std::string quoted_list(pqxx::work& transaction, const std::set<std::string>& values) {
  std::string list;
  for (const auto& value : values) list += (list.empty() ? "" : ", ") + transaction.quote(value);
  return list;
}

}  // namespace

cluster_sight read_sight(pqxx::transaction_base& transaction, std::uint64_t known_changes, const std::string& renewal) {
  const auto before = renewal.empty() ? "" : "WITH renewed AS (" + renewal + ")";
  const auto statement =
      before + fmt::format(fmt::runtime(sight_of), fmt::arg("known", known_changes),
                           fmt::arg("renewed", renewal.empty() ? "false" : "EXISTS (SELECT FROM renewed)"));
  cluster_sight seen;
  seen.when.asked = look::clock::now();
  const auto row = transaction.exec(statement)[0];
  seen.when.answered = look::clock::now();
  seen.lease_changes = row[0].as<std::uint64_t>();
  seen.replicas = replicas_of(row[1].as<std::string>());
  if (!row[2].is_null()) seen.leases = leases_of(row[2].as<std::string>());
  seen.renewed = row[3].as<bool>();
  return seen;
}

locked_replicas::locked_replicas(pqxx::work& transaction, const replica_id& self, std::span<const lease_wish> wishes) {
  std::set<std::string> named{self.value};
  for (const auto& wish : wishes)
    if (wish.holder) named.insert(wish.holder->replica.value);
  for (const auto& row : transaction.exec("SELECT replica, run, heartbeats, ended OR evicted IS NOT DISTINCT FROM run"
                                          " FROM kafka_fetcher.replicas WHERE replica IN (" +
                                          quoted_list(transaction, named) + ") ORDER BY replica FOR UPDATE"))
    rows_[row[0].as<std::string>()] = {row[1].as<std::string>(), row[2].as<std::uint64_t>(), row[3].as<bool>()};
}

bool locked_replicas::is_present(const replica_id& replica, const run_id& run) const {
  const auto found = rows_.find(replica.value);
  return found != rows_.end() && found->second.run == run.value && !found->second.gone;
}

bool locked_replicas::is_still_gone(const lease_wish& wish) const {
  if (!wish.holder) return true;
  const auto found = rows_.find(wish.holder->replica.value);
  return found == rows_.end() || found->second.gone || found->second.run != wish.seen->run.value ||
         found->second.heartbeats == wish.holder->heartbeats;
}

std::map<std::string, int> wanted_among(pqxx::work& transaction, std::span<const lease_wish> wishes) {
  std::set<std::string> ids;
  for (const auto& wish : wishes) ids.insert(wish.instance.consumer.value);
  std::map<std::string, int> wanted;
  for (const auto& row : transaction.exec(
           "SELECT id, coalesce(spec::json #>> '{options,instances}', '1')::int FROM kafka_fetcher.consumers"
           " WHERE target = 'started' AND id IN (" +
           quoted_list(transaction, ids) + ") ORDER BY id FOR SHARE"))
    wanted.emplace(row[0].as<std::string>(), row[1].as<int>());
  return wanted;
}

}  // namespace kfs
