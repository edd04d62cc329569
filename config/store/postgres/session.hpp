#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <pqxx/pqxx>
#include <string>

#include "config/base/error.hpp"
#include "config/base/socket_watch.hpp"
#include "config/postgres/store_url.hpp"

namespace kfs {

/// The one connection of a PostgreSQL store, which holds the lock "this replica runs the consumers".
///
/// Connects when it is needed, brings the schema to its newest version, and takes the lock. PostgreSQL gives the lock
/// back when the session ends, so whoever writes through a session that has it is the only one.
///
/// Threading: one thread at a time.
/// Errors: standby while another replica has the lock, or had it so recently that it may still be running consumers;
/// store_unavailable for everything else that keeps it from working. No call waits longer than `call_bound` for
/// PostgreSQL, and connecting adds 3 s for each host.
class postgres_session {
 public:
  static constexpr std::chrono::seconds call_bound{5};
  static constexpr std::chrono::seconds takeover_wait{6};
  static constexpr std::chrono::seconds retry_interval{1};  ///< calls in between fail as the last attempt did

  postgres_session(postgres_target target, std::string replica);

  /// Tells whoever waits for the lock that nothing of this replica runs any more, and ends the session.
  ~postgres_session();
  postgres_session(const postgres_session&) = delete;
  postgres_session& operator=(const postgres_session&) = delete;

  /// Runs `work` in a transaction, which is committed where it succeeds. `tried` is for messages: "store a consumer".
  /// What `work` throws of libpqxx becomes an error.
  result<void> transact(const std::string& tried, const std::function<result<void>(pqxx::work&)>& work);

  /// store_unavailable: "the database <place> <why>".
  [[nodiscard]] tl::unexpected<error> unusable(const std::string& why) const;

 private:
  using clock = std::chrono::steady_clock;

  result<void> ready(const std::string& tried);
  void connect();
  result<void> migrate();
  result<void> take_lock();
  result<void> take_over();
  result<void> guarded(const std::string& tried, const std::function<result<void>()>& work);
  void disconnect();
  [[nodiscard]] error to_error(const std::string& tried, const std::string& problem, const std::string& state) const;

  postgres_target target_;
  std::string replica_;
  std::unique_ptr<pqxx::connection> connection_;
  std::optional<socket_watch> watch_;           ///< of the connection
  std::optional<socket_watch::guard> watched_;  ///< while a call is under way
  int backend_ = 0;                             ///< the process that serves the session, as PostgreSQL numbers them
  bool current_ = false;                        ///< the schema is the newest
  bool running_ = false;                        ///< what another replica had is not running any more
  std::optional<clock::time_point> locked_at_;  ///< none: another has the lock, or it was not asked for
  std::optional<error> last_failure_;
  clock::time_point retry_at_;
};

}  // namespace kfs
