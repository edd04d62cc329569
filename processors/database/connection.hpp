#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "processors/lifeline.hpp"

namespace kfs {

/// What PostgreSQL, or the way to it, answered instead of a result.
struct sql_failure {
  std::string state;   ///< SQLSTATE; empty: the connection failed, or was given up
  std::string text;    ///< PostgreSQL's first line. It may repeat a value of a record; it holds no password
  std::string column;  ///< that COPY was at, where it says so
  bool lost = false;   ///< the connection is of no use any more; whether a COMMIT was done is not known
};

template <class T>
using sql_result = tl::expected<T, sql_failure>;

/// Rows as text; nothing is a NULL.
using sql_rows = std::vector<std::vector<std::optional<std::string>>>;

/// One session of a PostgreSQL server. The only place, with postgres_dsn, that knows libpqxx and libpq.
///
/// All statements belong to a transaction: begin(), then any of them, then commit() or rollback(). Where a statement
/// fails the transaction has to be rolled back, to a savepoint or whole.
///
/// Every call ends after the time-out given to open(), and soon after the lifeline of `held_by` asks to stop, with
/// a failure that says `lost`: the connection is shut down then, because a server that does not answer would not
/// answer a cancel request either.
///
/// Ownership: of one user at a time. Threading: one call at a time, from any thread.
class postgres_connection {
 public:
  struct options {
    std::chrono::milliseconds connect_timeout{10'000};
    std::chrono::milliseconds statement_timeout{30'000};  ///< set in the session too
  };

  /// Connects by libpq's keywords, which have to name addresses, not names only. May block for `connect_timeout`.
  static sql_result<std::unique_ptr<postgres_connection>> open(const std::string& conninfo, const options& how,
                                                               const lifeline& held_by);
  ~postgres_connection();
  postgres_connection(const postgres_connection&) = delete;
  postgres_connection& operator=(const postgres_connection&) = delete;

  /// From now on the calls are given up when this lifeline asks, and show there that they are alive.
  void held_by(lifeline held_by);

  sql_result<void> begin();
  sql_result<void> commit();
  /// Does nothing without a transaction.
  void rollback();

  /// Runs one statement or several, and returns the rows of the last one.
  sql_result<sql_rows> query(const std::string& statements);

  /// Runs a COPY … FROM STDIN with this text.
  sql_result<void> copy(const std::string& command, std::string_view text);

  /// `text` as a literal, quotes included.
  [[nodiscard]] std::string quote(std::string_view text) const;
  /// `name` as an identifier, quotes included.
  [[nodiscard]] static std::string quote_name(std::string_view name);

  /// No further call can succeed.
  [[nodiscard]] bool broken() const noexcept;
  /// Tells this session from all others of the process.
  [[nodiscard]] std::uint64_t number() const noexcept;

 private:
  class session;
  explicit postgres_connection(std::unique_ptr<session> of);
  std::unique_ptr<session> session_;
};

}  // namespace kfs
