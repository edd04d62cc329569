#include "cluster/store/lease_store.hpp"

#include <fmt/format.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <pqxx/pqxx>
#include <utility>

#include "cluster/store/lease_rows.hpp"
#include "config/base/socket_watch.hpp"
#include "config/base/text.hpp"
#include "config/store/postgres/schema.hpp"

namespace kfs {
namespace {

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

/// Adds a row of consumer, instance and epoch to the rows of VALUES.
void add_row(std::string& values, pqxx::work& transaction, const instance_id& instance, epoch term) {
  values += fmt::format("{}({}, {}, {}::bigint)", values.empty() ? "" : ", ",
                        transaction.quote(instance.consumer.value), instance.number, term.value);
}

/// Leaves the leases in `rows` without a holder, where `condition` holds for the row `l`.
void vacate(pqxx::work& transaction, const std::string& rows, const std::string& condition = "") {
  transaction.exec(durable);
  transaction.exec(next_lease_change);
  transaction.exec(
      fmt::format("UPDATE kafka_fetcher.leases AS l SET replica = NULL, run = NULL"
                  " FROM (VALUES {}) AS w (consumer_id, instance, epoch)"
                  " WHERE l.consumer_id = w.consumer_id AND l.instance = w.instance AND l.epoch = w.epoch{}",
                  rows, condition));
  transaction.exec(remove_unused);
  transaction.exec(tell_leases);
}

}  // namespace

struct lease_store::session {
  session(postgres_target where, own_replica presented) : target(std::move(where)), self(std::move(presented)) {}

  /// Runs `work` in a transaction, and commits it when it succeeds.
  template <class T>
  result<T> call(const std::string& tried, const std::function<result<T>(pqxx::work&)>& work) {
    return guarded<T>(tried, transaction_bound, [&]() -> result<T> {
      pqxx::work transaction(*connection);
      auto done = work(transaction);
      if (done) transaction.commit();
      return done;
    });
  }

  /// Connects if needed, bounds the time of `work`, and turns exceptions into errors.
  template <class T>
  result<T> guarded(const std::string& tried, std::chrono::milliseconds longest,
                    const std::function<result<T>()>& work) {
    std::string problem;
    try {
      if (!connection) {
        if (auto connected = connect(); !connected) {
          close();
          return tl::make_unexpected(connected.error());
        }
      }
      const socket_watch::guard guarded(*watch, longest, std::stop_token());
      return work();
    } catch (const pqxx::failure& thrown) {
      problem = thrown.what();
    } catch (const nlohmann::json::exception& thrown) {
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
    return guarded<cluster_sight>(tried, bound, [&]() -> result<cluster_sight> {
      pqxx::nontransaction transaction(*connection);
      if (!renews) return read_sight(transaction, known);
      const auto renewal = fmt::format(
          "UPDATE kafka_fetcher.replicas SET heartbeats = heartbeats + 1, last_seen_at = {}"
          " WHERE {} AND evicted IS DISTINCT FROM {} AND NOT ended RETURNING 1",
          now_in_ms, is_own(transaction), transaction.quote(run.value));
      return read_sight(transaction, known, renewal);
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
      add_row(wish.seen ? known : added, transaction, wish.instance, wish.seen ? wish.seen->term : epoch{0});
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
      add_row(list, transaction, wish.instance, wish.seen->term);
    }
    if (!list.empty()) vacate(transaction, list);
    return {};
  });
}

result<void> lease_store::release(std::span<const stored_lease> held) {
  if (held.empty()) return {};
  return session_->call<void>("release leases", [&](pqxx::work& transaction) -> result<void> {
    std::string list;
    for (const auto& lease : held) add_row(list, transaction, lease.instance, lease.term);
    vacate(transaction, list, " AND l." + session_->is_own(transaction));
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
