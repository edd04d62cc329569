#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/child_process.hpp"
#include "tests/support/temp_directory.hpp"

struct pg_conn;

namespace kfs::test {

/// A real PostgreSQL server for one test, started by deploy/postgres.sh on a free port of 127.0.0.1.
///
/// Ends with the test, even when the test crashes. Keeps port and data when it is restarted.
///
/// Threading: none. Errors: std::runtime_error with the end of the server's log when it does not start.
class postgres_server {
 public:
  /// Starts a server and waits until it answers (about 1 s).
  postgres_server();
  ~postgres_server();

  /// "postgresql://kfs:kfs@127.0.0.1:PORT/postgres"; the user is a superuser.
  [[nodiscard]] const std::string& url() const noexcept { return url_; }

  /// Ends all sessions and the server at once, without a checkpoint ("immediate"). The next start recovers.
  void stop_immediately();

  /// kill -9 of the server and all its sessions.
  void kill();

  /// SIGSTOP: the kernel accepts new connections, but nothing is answered.
  void freeze();

  /// SIGCONT.
  void thaw();

  /// From now on it takes new connections with TLS and a password only. Certificate and key are PEM texts.
  void require_tls(const std::string& certificate, const std::string& key);

  /// Restarts it after stop_immediately() or kill() with the same port and data. Waits until it answers.
  void start();

 private:
  temp_directory files_;
  std::unique_ptr<child_process> process_;
  std::string url_;
};

using sql_row = std::vector<std::optional<std::string>>;

/// Runs SQL on a new connection and returns the rows of the last statement as text; nullopt for NULL.
/// Errors: std::runtime_error with PostgreSQL's text.
std::vector<sql_row> sql(const std::string& url, const std::string& statements);

/// The first value of the first row of sql(), as a number.
std::int64_t sql_number(const std::string& url, const std::string& statement);

/// A session that stays open between statements: for a transaction of another client, and for many questions.
/// Errors: as sql(). Threading: none.
class sql_session {
 public:
  explicit sql_session(const std::string& url);
  ~sql_session();
  std::vector<sql_row> run(const std::string& statements);

 private:
  struct close {
    void operator()(pg_conn* connection) const;
  };
  std::unique_ptr<pg_conn, close> connection_;
};

/// The server that all suites share: the one that KFS_TEST_POSTGRES names (tests/run.sh starts it), or one that the
/// first call starts and that ends with the process. Use new databases or unique table names, and do not stop it: a
/// test of faults starts its own postgres_server.
const std::string& shared_postgres_url();

/// Creates an empty database on the shared server and returns its URL.
std::string new_database();

}  // namespace kfs::test
