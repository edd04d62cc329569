#include "cluster/store/lease_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <pqxx/pqxx>
#include <set>
#include <utility>

#include "config/base/socket_watch.hpp"
#include "config/base/text.hpp"
#include "config/store/postgres/schema.hpp"

namespace kfs {
namespace {

using json = nlohmann::json;

// A heartbeat that is lost with a crash of the database is only a missing sign of life, so it need not wait for a disk.
constexpr const char* session_settings =
    "SET statement_timeout = '450ms'; SET lock_timeout = '400ms'; SET idle_in_transaction_session_timeout = '1s';"
    "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;"
    "SET synchronous_commit = off";
constexpr const char* durable = "SET LOCAL synchronous_commit = on";
constexpr const char* tell_leases = "NOTIFY kafka_fetcher, 'leases'";
constexpr const char* next_lease_change = "UPDATE kafka_fetcher.counters SET last_lease = last_lease + 1";
constexpr const char* remove_unused =
    "DELETE FROM kafka_fetcher.leases WHERE replica IS NULL"
    " AND NOT EXISTS (SELECT FROM kafka_fetcher.consumers WHERE id = consumer_id)";
constexpr const char* now_in_ms = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

/// The snapshot: whether the own row was renewed, the counter, the replicas, and the leases if they changed.
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

/// The rows of the holders of leases and of the own replica, which do not change until the transaction ends.
class locked_replicas {
 public:
  locked_replicas(pqxx::work& transaction, const replica_id& self, std::span<const lease_wish> wishes) {
    std::set<std::string> named{self.value};
    for (const auto& wish : wishes)
      if (wish.holder) named.insert(wish.holder->replica.value);
    std::string list;
    for (const auto& name : named) list += (list.empty() ? "" : ", ") + transaction.quote(name);
    for (const auto& row : transaction.exec("SELECT replica, run, heartbeats, ended OR evicted IS NOT DISTINCT FROM run"
                                            " FROM kafka_fetcher.replicas WHERE replica IN (" +
                                            list + ") ORDER BY replica FOR UPDATE"))
      rows_[row[0].as<std::string>()] = {row[1].as<std::string>(), row[2].as<std::uint64_t>(), row[3].as<bool>()};
  }

  /// The row is that of this run, which was not evicted and has not ended.
  [[nodiscard]] bool is_present(const replica_id& replica, const run_id& run) const {
    const auto found = rows_.find(replica.value);
    return found != rows_.end() && found->second.run == run.value && !found->second.gone;
  }

  /// The holder has given no sign of life since the look.
  [[nodiscard]] bool is_still_gone(const lease_wish& wish) const {
    if (!wish.holder) return true;
    const auto found = rows_.find(wish.holder->replica.value);
    return found == rows_.end() || found->second.gone || found->second.run != wish.seen->run.value ||
           found->second.heartbeats == wish.holder->heartbeats;
  }

 private:
  struct sign {
    std::string run;
    std::uint64_t heartbeats = 0;
    bool gone = false;
  };
  std::map<std::string, sign> rows_;
};

/// How many instances shall run of each consumer among the wishes that shall run. Consumers cannot be changed until the
/// transaction ends, so that a stop that has been stored is never followed by a start.
std::map<std::string, int> wanted_among(pqxx::work& transaction, std::span<const lease_wish> wishes) {
  std::set<std::string> ids;
  for (const auto& wish : wishes) ids.insert(wish.instance.consumer.value);
  std::string list;
  for (const auto& id : ids) list += (list.empty() ? "" : ", ") + transaction.quote(id);
  std::map<std::string, int> wanted;
  for (const auto& row : transaction.exec(
           "SELECT id, coalesce(spec::json #>> '{options,instances}', '1')::int FROM kafka_fetcher.consumers"
           " WHERE target = 'started' AND id IN (" +
           list + ") ORDER BY id FOR SHARE"))
    wanted.emplace(row[0].as<std::string>(), row[1].as<int>());
  return wanted;
}

}  // namespace

struct lease_store::session {
  session(postgres_target where, own_replica presented) : target(std::move(where)), self(std::move(presented)) {}

  /// Runs `work` in a transaction, and commits it when it succeeds.
  template <class T>
  result<T> call(const std::string& tried, const std::function<result<T>(pqxx::work&)>& work) {
    return guarded<T>(tried, [&]() -> result<T> {
      pqxx::work transaction(*connection);
      auto done = work(transaction);
      if (done) transaction.commit();
      return done;
    });
  }

  /// Connects if needed, bounds the time of `work`, and turns exceptions into errors.
  template <class T>
  result<T> guarded(const std::string& tried, const std::function<result<T>()>& work) {
    std::string problem;
    try {
      if (!connection) {
        if (auto connected = connect(); !connected) {
          close();
          return tl::make_unexpected(connected.error());
        }
      }
      const socket_watch::guard guarded(*watch, bound, std::stop_token());
      return work();
    } catch (const pqxx::failure& thrown) {
      problem = thrown.what();
    } catch (const json::exception& thrown) {
      problem = thrown.what();
    }
    if (watch && watch->reason() != nullptr) problem = watch->reason();
    close();
    return failure(ec::store_unavailable,
                   "cannot " + tried + " in the database " + target.place + ": " + on_one_line(problem, 512));
  }

  result<void> connect() {
    connection = std::make_unique<pqxx::connection>(target.connection);
    watch.emplace(connection->sock());
    const socket_watch::guard guarded(*watch, 2 * bound, std::stop_token());
    pqxx::nontransaction setup(*connection);
    setup.exec(session_settings);
    const auto free =
        setup.exec("SELECT pg_try_advisory_lock_shared(" + std::to_string(postgres_runner_lock) + ")")[0][0].as<bool>();
    if (free) return {};
    return failure(ec::standby, "an older version of this server runs the consumers of the database " + target.place +
                                    "; end it, and this one goes on");
  }

  /// Ends the session without waiting for a server that may be silent.
  void close() {
    if (watch) watch->shut_down("closed");
    connection.reset();
    watch.reset();
  }

  /// One statement, which is its own transaction.
  result<cluster_sight> sight(const std::string& tried, std::uint64_t known, bool renews) {
    return guarded<cluster_sight>(tried, [&]() -> result<cluster_sight> {
      pqxx::nontransaction transaction(*connection);
      std::string statement;
      if (renews) {
        const auto own_run = transaction.quote(run.value);
        statement = fmt::format(
            "WITH renewed AS (UPDATE kafka_fetcher.replicas SET heartbeats = heartbeats + 1, last_seen_at = {}"
            " WHERE {} AND evicted IS DISTINCT FROM {} AND NOT ended RETURNING 1)",
            now_in_ms, is_own(transaction), own_run);
      }
      statement += fmt::format(fmt::runtime(sight_of), fmt::arg("known", known),
                               fmt::arg("renewed", renews ? "EXISTS (SELECT FROM renewed)" : "false"));
      cluster_sight seen;
      seen.when.asked = look::clock::now();
      const auto row = transaction.exec(statement)[0];
      seen.when.answered = look::clock::now();
      seen.lease_changes = row[0].as<std::uint64_t>();
      seen.replicas = replicas_of(row[1].as<std::string>());
      if (!row[2].is_null()) seen.leases = leases_of(row[2].as<std::string>());
      seen.renewed = row[3].as<bool>();
      return seen;
    });
  }

  [[nodiscard]] std::string is_own(pqxx::transaction_base& transaction) const {
    return fmt::format("replica = {} AND run = {}", transaction.quote(self.replica.value),
                       transaction.quote(run.value));
  }

  postgres_target target;
  own_replica self;
  run_id run;  ///< empty before the first claim
  std::unique_ptr<pqxx::connection> connection;
  std::optional<socket_watch> watch;
};

lease_store::lease_store(postgres_target target, own_replica self)
    : session_(std::make_unique<session>(std::move(target), std::move(self))) {}

lease_store::~lease_store() {
  session_->close();
}

result<cluster_sight> lease_store::see(std::uint64_t known_changes) {
  return session_->sight("read the replicas", known_changes, false);
}

result<cluster_sight> lease_store::beat(std::uint64_t known_changes) {
  return session_->sight("renew the leases", known_changes, true);
}

result<bool> lease_store::claim(const run_id& run, const std::optional<replica_row>& seen) {
  auto claimed = session_->call<bool>("enter this replica", [&](pqxx::work& transaction) -> result<bool> {
    const auto& self = session_->self;
    transaction.exec(durable);
    const auto fields = fmt::format("{}, false, false, {}, {}, {}, {}, {}, {}", transaction.quote(run.value),
                                    self.capacity ? std::to_string(*self.capacity) : "NULL", self.protocol,
                                    transaction.quote(self.version), transaction.quote(self.address),
                                    self.started_at.time_since_epoch().count(), now_in_ms);
    constexpr const char* names = "run, leaving, ended, capacity, protocol, version, address, started_at, last_seen_at";
    const auto name = transaction.quote(self.replica.value);
    const auto written =
        seen ? transaction.exec(fmt::format("UPDATE kafka_fetcher.replicas SET ({}, heartbeats) = ({}, heartbeats + 1)"
                                            " WHERE replica = {} AND run = {} AND heartbeats = {}",
                                            names, fields, name, transaction.quote(seen->run.value), seen->heartbeats))
             : transaction.exec(
                   fmt::format("INSERT INTO kafka_fetcher.replicas (replica, heartbeats, {}) VALUES ({}, 1, {})"
                               " ON CONFLICT (replica) DO NOTHING",
                               names, name, fields));
    if (written.affected_rows() == 0) return false;
    transaction.exec(tell_leases);
    return true;
  });
  if (claimed && *claimed) session_->run = run;
  return claimed;
}

result<std::vector<stored_lease>> lease_store::take(std::span<const lease_wish> wishes) {
  using taken = std::vector<stored_lease>;
  if (wishes.empty()) return taken{};
  return session_->call<taken>("take leases", [&](pqxx::work& transaction) -> result<taken> {
    const auto& self = session_->self;
    transaction.exec(durable);
    const locked_replicas locked(transaction, self.replica, wishes);
    if (!locked.is_present(self.replica, session_->run)) return taken{};
    const auto wanted = wanted_among(transaction, wishes);
    std::string known;
    std::string added;
    for (const auto& wish : wishes) {
      const auto consumer = wanted.find(wish.instance.consumer.value);
      if (consumer == wanted.end() || wish.instance.number >= consumer->second || !locked.is_still_gone(wish)) continue;
      auto& into = wish.seen ? known : added;
      into += fmt::format("{}({}, {}, {}::bigint)", into.empty() ? "" : ", ",
                          transaction.quote(wish.instance.consumer.value), wish.instance.number,
                          wish.seen ? wish.seen->term.value : 0);
    }
    if (known.empty() && added.empty()) return taken{};
    transaction.exec(next_lease_change);
    taken leases;
    const auto note = [&](const pqxx::result& rows) {
      for (const auto& row : rows)
        leases.push_back({.instance = {{row[0].as<std::string>()}, row[1].as<int>()},
                          .holder = self.replica,
                          .run = session_->run,
                          .term = {row[2].as<std::uint64_t>()},
                          .since = timestamp(std::chrono::milliseconds(row[3].as<std::int64_t>()))});
    };
    const auto holder =
        fmt::format("{}, {}", transaction.quote(self.replica.value), transaction.quote(session_->run.value));
    if (!known.empty()) {
      note(transaction.exec(
          fmt::format("UPDATE kafka_fetcher.leases AS l SET (replica, run, epoch, since) ="
                      " ({0}, greatest(l.epoch + 1, {1}), {1}) FROM (VALUES {2}) AS w (consumer_id, instance, epoch)"
                      " WHERE l.consumer_id = w.consumer_id AND l.instance = w.instance AND l.epoch = w.epoch"
                      " RETURNING l.consumer_id, l.instance, l.epoch, l.since",
                      holder, now_in_ms, known)));
    }
    if (!added.empty()) {
      note(transaction.exec(fmt::format(
          "INSERT INTO kafka_fetcher.leases (consumer_id, instance, replica, run, epoch, since)"
          " SELECT w.consumer_id, w.instance, {0}, {1}, {1} FROM (VALUES {2}) AS w (consumer_id, instance, epoch)"
          " ON CONFLICT DO NOTHING RETURNING consumer_id, instance, epoch, since",
          holder, now_in_ms, added)));
    }
    transaction.exec(tell_leases);
    return leases;
  });
}

result<void> lease_store::free(std::span<const lease_wish> wishes) {
  if (wishes.empty()) return {};
  return session_->call<void>("free leases", [&](pqxx::work& transaction) -> result<void> {
    const locked_replicas locked(transaction, session_->self.replica, wishes);
    std::string list;
    for (const auto& wish : wishes) {
      if (!wish.seen || !locked.is_still_gone(wish)) continue;
      list += fmt::format("{}({}, {}, {}::bigint)", list.empty() ? "" : ", ",
                          transaction.quote(wish.instance.consumer.value), wish.instance.number, wish.seen->term.value);
    }
    if (list.empty()) return {};
    transaction.exec(durable);
    transaction.exec(next_lease_change);
    transaction.exec(
        fmt::format("UPDATE kafka_fetcher.leases AS l SET replica = NULL, run = NULL"
                    " FROM (VALUES {}) AS w (consumer_id, instance, epoch)"
                    " WHERE l.consumer_id = w.consumer_id AND l.instance = w.instance AND l.epoch = w.epoch",
                    list));
    transaction.exec(remove_unused);
    transaction.exec(tell_leases);
    return {};
  });
}

result<void> lease_store::release(std::span<const stored_lease> held) {
  if (held.empty()) return {};
  return session_->call<void>("release leases", [&](pqxx::work& transaction) -> result<void> {
    transaction.exec(durable);
    transaction.exec(next_lease_change);
    std::string list;
    for (const auto& lease : held) {
      list += fmt::format("{}({}, {}, {}::bigint)", list.empty() ? "" : ", ",
                          transaction.quote(lease.instance.consumer.value), lease.instance.number, lease.term.value);
    }
    transaction.exec(
        fmt::format("UPDATE kafka_fetcher.leases AS l SET replica = NULL, run = NULL"
                    " FROM (VALUES {}) AS w (consumer_id, instance, epoch)"
                    " WHERE l.consumer_id = w.consumer_id AND l.instance = w.instance AND l.epoch = w.epoch AND l.{}",
                    list, session_->is_own(transaction)));
    transaction.exec(remove_unused);
    transaction.exec(tell_leases);
    return {};
  });
}

result<void> lease_store::begin_to_leave() {
  return session_->call<void>("tell that this replica ends", [&](pqxx::work& transaction) -> result<void> {
    transaction.exec("UPDATE kafka_fetcher.replicas SET leaving = true WHERE " + session_->is_own(transaction));
    transaction.exec(tell_leases);
    return {};
  });
}

result<void> lease_store::leave() {
  return session_->call<void>("sign off", [&](pqxx::work& transaction) -> result<void> {
    transaction.exec(durable);
    const auto own = session_->is_own(transaction);
    transaction.exec("UPDATE kafka_fetcher.replicas SET ended = true, heartbeats = heartbeats + 1 WHERE " + own);
    transaction.exec(next_lease_change);
    transaction.exec("UPDATE kafka_fetcher.leases SET replica = NULL, run = NULL WHERE " + own);
    transaction.exec(tell_leases);
    return {};
  });
}

result<bool> lease_store::give_order(const replica_id& replica, order what) {
  return session_->call<bool>("store the order", [&](pqxx::work& transaction) -> result<bool> {
    transaction.exec(durable);
    const char* change = what == order::drain    ? "draining = true"
                         : what == order::resume ? "draining = false"
                                                 : "evicted = run";
    const auto changed = transaction.exec(fmt::format("UPDATE kafka_fetcher.replicas SET {} WHERE replica = {}", change,
                                                      transaction.quote(replica.value)));
    transaction.exec(tell_leases);
    return changed.affected_rows() == 1;
  });
}

result<void> lease_store::forget(std::span<const replica_row> rows) {
  if (rows.empty()) return {};
  return session_->call<void>("remove lost replicas", [&](pqxx::work& transaction) -> result<void> {
    for (const auto& row : rows) {
      const auto same = fmt::format("replica = {} AND run = {}", transaction.quote(row.replica.value),
                                    transaction.quote(row.run.value));
      const auto removed = transaction.exec(
          fmt::format("DELETE FROM kafka_fetcher.replicas WHERE {} AND heartbeats = {}", same, row.heartbeats));
      if (removed.affected_rows() == 0) continue;
      transaction.exec(next_lease_change);
      transaction.exec("UPDATE kafka_fetcher.leases SET replica = NULL, run = NULL WHERE " + same);
    }
    return {};
  });
}

}  // namespace kfs
