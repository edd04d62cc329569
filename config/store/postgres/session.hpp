#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <pqxx/pqxx>
#include <string>

#include "config/base/error.hpp"
#include "config/base/socket_watch.hpp"
#include "config/postgres/store_url.hpp"

namespace kfs {

/// The one connection of a PostgreSQL store, which shares the lock "runs the consumers" with those of all replicas.
///
/// Connects when it is needed, brings the schema to its newest version, and takes the lock. Servers of older versions
/// hold the lock alone, so one of them and this one never run the consumers at the same time. PostgreSQL releases the
/// lock when the session ends.
///
/// Threading: one call at a time. A call waits at most `call_bound` for PostgreSQL; connecting adds 3 s for each host.
/// Errors:    standby while an older server has the lock, or had it so recently that it may still run consumers;
///            store_unavailable for any other reason.
class postgres_session {
 public:
  static constexpr std::chrono::seconds call_bound{5};
  static constexpr std::chrono::seconds older_server_wait{6};
  static constexpr std::chrono::seconds retry_interval{1};  ///< until then, a call repeats the last error

  postgres_session(postgres_target target, std::string replica);

  ~postgres_session();
  postgres_session(const postgres_session&) = delete;
  postgres_session& operator=(const postgres_session&) = delete;

  /// Runs `work` in a transaction and commits it when it succeeds. `tried` is for messages: "store a consumer".
  /// Exceptions of libpqxx become errors.
  result<void> transact(const std::string& tried, const std::function<result<void>(pqxx::work&)>& work);

  /// The number of a lock that the session holds while it is open: a process whose lock is free has ended, or has lost
  /// its session. Random.
  [[nodiscard]] std::int64_t run() const noexcept { return run_; }

  /// The error store_unavailable: "the database <place> <reason>".
  [[nodiscard]] tl::unexpected<error> unusable(const std::string& reason) const;

  /// The error for a row that cannot be read. It repeats nothing of the row, which may hold a secret.
  [[nodiscard]] tl::unexpected<error> unreadable_row() const;

 private:
  using clock = std::chrono::steady_clock;

  result<void> ready(const std::string& tried);
  void connect();
  result<void> migrate();
  result<void> take_lock();
  result<void> outwait_older_server();
  void give_time();
  void number_all_consumers(pqxx::work& transaction);
  result<void> guarded(const std::string& tried, const std::function<result<void>()>& work);
  void disconnect();
  [[nodiscard]] error to_error(const std::string& tried, const std::string& problem, const std::string& state) const;

  postgres_target target_;
  std::string replica_;
  std::int64_t run_;
  std::unique_ptr<pqxx::connection> connection_;
  std::optional<socket_watch> watch_;           ///< of the connection
  std::optional<socket_watch::guard> watched_;  ///< while a call is under way
  int backend_ = 0;                             ///< process id of the PostgreSQL backend that serves the session
  bool current_ = false;                        ///< true when the schema is the newest
  bool usable_ = false;                         ///< true when the lock is held and no older server runs consumers
  bool stood_by_ = false;                       ///< true when an older server had the lock, until it is taken
  std::optional<clock::time_point> locked_at_;  ///< nullopt when this session does not hold the lock
  std::optional<error> last_failure_;
  clock::time_point retry_at_;
};

}  // namespace kfs
