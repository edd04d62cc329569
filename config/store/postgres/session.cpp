#include "config/store/postgres/session.hpp"

#include <random>
#include <utility>

#include "config/base/text.hpp"
#include "config/store/postgres/audit_rows.hpp"
#include "config/store/postgres/schema.hpp"
#include "config/store/postgres/tenant_rows.hpp"

namespace kfs {
namespace {

// The time-outs are for a server that is slow or locked; socket_watch handles one that is silent. The keepalives let
// PostgreSQL notice within half a minute that the machine of a replica has failed, and release its lock.
constexpr const char* session_settings =
    "SET statement_timeout = '4s'; SET lock_timeout = '3s'; SET idle_in_transaction_session_timeout = '10s';"
    "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;"
    "SET tcp_user_timeout = 15000;"
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

std::string advice(const std::string& state) {
  if (state.starts_with("28")) return "set user and password of DATABASE_URL as PostgreSQL knows them";
  if (state == "42501") {
    return "let its user create the schema kafka_fetcher, or create that schema with this user as its owner";
  }
  if (state == "25006") return "name the primary in DATABASE_URL, or add target_session_attrs=read-write";
  if (state.starts_with("53")) return "read PostgreSQL's log for full disks, memory and connections";
  if (state == "57014" || state == "55P03") return "look in pg_stat_activity for what blocks it";
  return "it is tried again; check that PostgreSQL runs, and read its log";
}

/// libpqxx 6 leaves the SQLSTATE empty when the exception's type implies it.
std::string state_of(const pqxx::sql_error& problem) {
  if (!problem.sqlstate().empty()) return problem.sqlstate();
  if (dynamic_cast<const pqxx::insufficient_privilege*>(&problem) != nullptr) return "42501";
  if (dynamic_cast<const pqxx::integrity_constraint_violation*>(&problem) != nullptr) return "23000";
  if (dynamic_cast<const pqxx::insufficient_resources*>(&problem) != nullptr) return "53000";
  return "";
}

/// Above zero, and so far from the numbers of our other locks that it is never one of them.
std::int64_t random_number() {
  std::random_device source;
  return static_cast<std::int64_t>(std::uniform_int_distribution<std::uint64_t>(1, INT64_MAX)(source));
}

}  // namespace

postgres_session::postgres_session(postgres_target target, std::string replica)
    : target_(std::move(target)), replica_(std::move(replica)), run_(random_number()) {}

postgres_session::~postgres_session() {
  disconnect();
}

result<void> postgres_session::transact(const std::string& tried,
                                        const std::function<result<void>(pqxx::work&)>& work) {
  if (auto usable = ready(tried); !usable) return usable;
  return guarded(tried, [&]() -> result<void> {
    pqxx::work transaction(*connection_);
    // A library or a proxy may have replaced the session by another one, which does not hold our lock.
    if (transaction.exec("SELECT pg_backend_pid()")[0][0].as<int>() != backend_) {
      throw pqxx::broken_connection("the session was replaced by another one");
    }
    auto done = work(transaction);
    if (done) transaction.commit();
    return done;
  });
}

tl::unexpected<error> postgres_session::unusable(const std::string& reason) const {
  return failure(ec::store_unavailable, "the database " + target_.place + " " + reason);
}

tl::unexpected<error> postgres_session::unreadable_row() const {
  return unusable("holds a row that is not as it was written; restore the schema kafka_fetcher from a backup");
}

result<void> postgres_session::ready(const std::string& tried) {
  if (usable_) return {};
  if (last_failure_ && clock::now() < retry_at_) return tl::make_unexpected(*last_failure_);
  return guarded(tried, [this]() -> result<void> {
    if (!connection_) connect();
    give_time();
    if (!current_) {
      if (auto migrated = migrate(); !migrated) return migrated;
      current_ = true;
    }
    give_time();
    if (!locked_at_) {
      if (auto locked = take_lock(); !locked) return locked;
    }
    give_time();
    return outwait_older_server();
  });
}

/// What opens the store has many steps, and each has as long as any other call: the database may be far away.
void postgres_session::give_time() {
  watched_.reset();
  watched_.emplace(*watch_, call_bound, std::stop_token());
}

void postgres_session::connect() {
  connection_ = std::make_unique<pqxx::connection>(target_.connection);
  watch_.emplace(connection_->sock());
  watched_.emplace(*watch_, call_bound, std::stop_token());
  pqxx::nontransaction setup(*connection_);
  setup.exec(session_settings);
  backend_ = setup.exec("SELECT pg_backend_pid()")[0][0].as<int>();
}

result<void> postgres_session::migrate() {
  pqxx::work transaction(*connection_);
  transaction.exec("SELECT pg_advisory_xact_lock(" + std::to_string(postgres_migration_lock) + ")");
  // CREATE SCHEMA IF NOT EXISTS needs the right to create the schema even when it exists.
  if (transaction.exec("SELECT to_regnamespace('kafka_fetcher')")[0][0].is_null()) {
    transaction.exec("CREATE SCHEMA kafka_fetcher");
  }
  if (transaction.exec("SELECT to_regclass('kafka_fetcher.schema_version')")[0][0].is_null()) {
    transaction.exec("CREATE TABLE kafka_fetcher.schema_version (version integer PRIMARY KEY)");
  }
  const auto found =
      transaction.exec("SELECT coalesce(max(version), 0) FROM kafka_fetcher.schema_version")[0][0].as<int>();
  const int newest = postgres_migrations().back().version;
  if (found > newest) {
    return unusable("has schema version " + std::to_string(found) + ", this server knows versions up to " +
                    std::to_string(newest) + "; run the newer server, or another database");
  }
  for (const auto& step : postgres_migrations()) {
    if (step.version <= found) continue;
    give_time();
    transaction.exec(step.sql);
    transaction.exec("INSERT INTO kafka_fetcher.schema_version VALUES (" + std::to_string(step.version) + ")");
  }
  for (const auto& table : postgres_added_tables()) {
    give_time();
    const auto known = transaction.exec("SELECT to_regclass('" + std::string(table.name) + "')");
    if (known[0][0].is_null()) transaction.exec(table.sql);
  }
  transaction.commit();
  return {};
}

result<void> postgres_session::take_lock() {
  pqxx::work transaction(*connection_);
  const auto got = transaction.exec("SELECT pg_try_advisory_lock_shared(" + std::to_string(postgres_runner_lock) + ")");
  if (!got[0][0].as<bool>()) {
    const auto holder = transaction.exec("SELECT replica FROM kafka_fetcher.runner")[0][0].as<std::string>();
    stood_by_ = true;
    return failure(ec::standby, "an older version of this server, replica \"" + on_one_line(holder) +
                                    "\", runs the consumers of the database " + target_.place +
                                    "; end it first: it cannot share them with this version");
  }
  transaction.exec("SELECT pg_advisory_lock_shared(" + std::to_string(run_) + ")");
  locked_at_ = clock::now();
  transaction.commit();
  return {};
}

/// An older server that had the lock and did not sign off may only have lost its connection; it gets time to notice
/// that.
result<void> postgres_session::outwait_older_server() {
  pqxx::work transaction(*connection_);
  const auto last = transaction.exec("SELECT replica FROM kafka_fetcher.runner")[0][0].as<std::string>();
  if (!last.empty() && last != replica_ && clock::now() < *locked_at_ + older_server_wait) {
    return failure(ec::standby, "an older version of this server, replica \"" + on_one_line(last) +
                                    "\", ran the consumers of the database " + target_.place +
                                    " and has not signed off; this one begins in a few seconds");
  }
  if (!last.empty()) transaction.exec("UPDATE kafka_fetcher.runner SET replica = ''");
  if (!last.empty() || stood_by_) number_all_consumers(transaction);
  describe_consumers(transaction);
  settle_entries(transaction, run_);
  transaction.commit();
  usable_ = true;
  stood_by_ = false;
  return {};
}

/// Older servers change consumers without a number, so each one may have changed.
void postgres_session::number_all_consumers(pqxx::work& transaction) {
  transaction.exec("LOCK TABLE kafka_fetcher.consumers IN EXCLUSIVE MODE");
  transaction.exec("UPDATE kafka_fetcher.counters SET last_change = last_change + 1");
  transaction.exec("UPDATE kafka_fetcher.consumers SET change = (SELECT last_change FROM kafka_fetcher.counters)");
  transaction.exec("NOTIFY kafka_fetcher, 'consumers'");
}

/// Bounds the time of `work` and turns exceptions of libpqxx into errors.
result<void> postgres_session::guarded(const std::string& tried, const std::function<result<void>()>& work) {
  if (connection_) watched_.emplace(*watch_, call_bound, std::stop_token());
  result<void> done;
  bool broken = false;
  try {
    done = work();
  } catch (const pqxx::sql_error& problem) {
    // A server that accepts no writes is of no use; the next session may reach the new primary.
    const auto state = state_of(problem);
    broken = state == "25006" || state.starts_with("57P");
    done = tl::make_unexpected(to_error(tried, problem.what(), state));
  } catch (const pqxx::failure& problem) {
    broken = true;
    // What libpqxx says of a socket that was shut down does not tell why.
    const auto* const cut = watch_ ? watch_->reason() : nullptr;
    done = tl::make_unexpected(to_error(tried, cut != nullptr ? cut : problem.what(), ""));
  }
  watched_.reset();
  if (broken || (connection_ && !connection_->is_open())) disconnect();
  last_failure_ = done ? std::nullopt : std::optional(done.error());
  retry_at_ = clock::now() + retry_interval;
  return done;
}

void postgres_session::disconnect() {
  watched_.reset();
  watch_.reset();
  connection_.reset();
  current_ = usable_ = false;
  locked_at_.reset();
}

error postgres_session::to_error(const std::string& tried, const std::string& problem, const std::string& state) const {
  const bool broken_rule = state.starts_with("23");
  return {broken_rule ? ec::internal : ec::store_unavailable,
          "cannot " + tried + " in the database " + target_.place + ": " + on_one_line(problem) + "; " + advice(state)};
}

}  // namespace kfs
