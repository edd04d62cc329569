#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/child_process.hpp"
#include "tests/support/temp_directory.hpp"

struct pg_conn;

namespace kfs::test {

/// A real PostgreSQL of this test's own, started through deploy/postgres.sh on a free port of 127.0.0.1.
///
/// Ends with the test, even with one that crashes. Port and data stay the same from one start to the next.
///
/// Threading: none. Errors: std::runtime_error with the end of the server's log where it does not start.
class postgres_server {
 public:
  /// Starts one and waits until it answers (about 1 s).
  postgres_server();
  ~postgres_server();

  /// "postgresql://kfs:kfs@127.0.0.1:PORT/postgres", of a superuser.
  [[nodiscard]] const std::string& url() const noexcept { return url_; }

  /// Ends every session at once and the server without a checkpoint ("immediate"): the next start recovers.
  void stop_immediately();

  /// kill -9 of the server and all its sessions.
  void kill();

  /// SIGSTOP to the server: new connections are accepted by the kernel, but nothing is answered.
  void freeze();

  /// SIGCONT.
  void thaw();

  /// Starts it again after it was stopped or killed, on the same port and data, and waits until it answers.
  void start();

 private:
  temp_directory files_;
  std::unique_ptr<child_process> process_;
  std::string url_;
};

using sql_row = std::vector<std::optional<std::string>>;

/// Runs SQL on a connection of its own and returns what the last statement gave, as text; nothing is a NULL.
/// Errors: std::runtime_error with what PostgreSQL says.
std::vector<sql_row> sql(const std::string& url, const std::string& statements);

/// The first value of the first row of sql(), as a number.
std::int64_t sql_number(const std::string& url, const std::string& statement);

/// A session that goes on from one statement to the next, as a transaction of somebody else's needs.
/// Errors: as sql(). Threading: none.
class sql_session {
 public:
  explicit sql_session(const std::string& url);
  ~sql_session();
  void run(const std::string& statements);

 private:
  struct close {
    void operator()(pg_conn* connection) const;
  };
  std::unique_ptr<pg_conn, close> connection_;
};

/// The server that all suites of a run share: the one that KFS_TEST_POSTGRES names (tests/run.sh starts it), else one
/// that is started with the first call and ends with the process. Tables need names or databases of their own there,
/// and nobody may stop it: a test of faults starts its own postgres_server.
const std::string& shared_postgres_url();

/// A new, empty database of the shared server; its url.
std::string new_database();

}  // namespace kfs::test
