#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "processors/lifeline.hpp"

namespace kfs {

/// Why a statement or a connection failed.
struct sql_failure {
  std::string state;   ///< SQLSTATE; empty when the connection failed or was given up
  std::string text;    ///< first line of PostgreSQL's message; may repeat a value of a record, never a password
  std::string column;  ///< where COPY failed; empty when unknown
  bool lost = false;   ///< the connection is unusable, and it is unknown whether a COMMIT took effect
  std::string constraint = {};  ///< the constraint that was violated; empty when unknown
  bool raised = false;          ///< by a trigger or function, which chooses the SQLSTATE
  std::string routine = {};     ///< the function of PostgreSQL's source that reported it; empty when unknown
};

template <class T>
using sql_result = tl::expected<T, sql_failure>;

/// Rows as text; nullopt for NULL.
using sql_rows = std::vector<std::vector<std::optional<std::string>>>;

/// One session of a PostgreSQL server. Of the processors only this class and postgres_dsn use libpqxx or libpq.
///
/// All statements belong to a transaction: begin(), then any statements, then commit() or rollback(). When a statement
/// fails, the transaction must be rolled back, to a savepoint or whole.
///
/// Every call ends after the time-out given to open(), and soon after the lifeline of held_by() asks to stop. The
/// failure then says `lost`: the connection is shut down, because a server that does not answer would not answer a
/// cancel request either.
///
/// Ownership: one user at a time. Threading: one call at a time, from any thread.
class postgres_connection {
 public:
  struct options {
    std::chrono::milliseconds connect_timeout{10'000};
    std::chrono::milliseconds statement_timeout{30'000};  ///< also set in the session
    std::string name = {};                                ///< `application_name`; empty: as conninfo says
  };

  /// Connects by libpq's keywords, which must give IP addresses, not only names. May block for `connect_timeout`.
  static sql_result<std::unique_ptr<postgres_connection>> open(const std::string& conninfo, const options& how,
                                                               const lifeline& held_by);
  ~postgres_connection();
  postgres_connection(const postgres_connection&) = delete;
  postgres_connection& operator=(const postgres_connection&) = delete;

  /// From now on calls obey this lifeline, and show there that they are alive.
  void held_by(lifeline held_by);

  sql_result<void> begin();
  sql_result<void> commit();
  /// Does nothing when no transaction is open.
  void rollback();

  /// Runs statements and commits, in one round trip: the server waits for nothing in between. When one of them fails,
  /// nothing is committed.
  sql_result<void> commit_after(const std::string& statements);

  /// Runs one or several statements, and returns the rows of the last one.
  sql_result<sql_rows> query(const std::string& statements);

  /// Runs a COPY … FROM STDIN command. `append_more` is called again and again: it appends the next piece of the input
  /// to its argument, which is empty, and returns whether more follows. PostgreSQL works on a piece while the next one
  /// is made.
  sql_result<void> copy(const std::string& command, const std::function<bool(std::string&)>& append_more);

  /// `text` as a literal, quotes included.
  [[nodiscard]] std::string quote(std::string_view text) const;
  /// `name` as an identifier, quotes included.
  [[nodiscard]] static std::string quote_name(std::string_view name);

  /// Whether no further call can succeed.
  [[nodiscard]] bool broken() const noexcept;
  /// A number that no other session of the process has.
  [[nodiscard]] std::uint64_t number() const noexcept;

 private:
  class session;
  explicit postgres_connection(std::unique_ptr<session> opened);
  std::unique_ptr<session> session_;
};

}  // namespace kfs
