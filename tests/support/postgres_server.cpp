#include "tests/support/postgres_server.hpp"

#include <libpq-fe.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>

#include "tests/support/eventually.hpp"
#include "tests/support/local_server.hpp"

namespace kfs::test {
namespace {

using namespace std::chrono_literals;

constexpr auto postgres_start_patience = 60s;
constexpr auto postgres_stop_patience = 20s;

}  // namespace

postgres_server::postgres_server() {
  start();
}

/// Does not use SIGKILL, which would leave its shared memory behind.
postgres_server::~postgres_server() {
  thaw();
  process_->signal(SIGQUIT);
  process_->wait(postgres_stop_patience);
}

void postgres_server::start() {
  const auto directory = files_.path();
  process_ = start_local_server({.script = "postgres.sh",
                                 .name = "PostgreSQL",
                                 .directory = directory,
                                 .log = directory / "log",
                                 .patience = postgres_start_patience},
                                [&] {
                                  url_ = first_line(directory / "url");
                                  return !url_.empty() && PQping((url_ + "?connect_timeout=2").c_str()) == PQPING_OK;
                                });
}

/// The server writes its files itself, since it runs as another user, whose key nobody else may read.
void postgres_server::require_tls(const std::string& certificate, const std::string& key) {
  const auto write = [this](const std::string& name, const std::string& lines) {
    sql(url_, "COPY (SELECT unnest(string_to_array($pem$" + lines + "$pem$, E'\n'))) TO PROGRAM 'umask 077; cat > " +
                  name + "'");
  };
  write("server.crt", certificate);
  write("server.key", key);
  write("pg_hba.conf", "hostssl all all 127.0.0.1/32 scram-sha-256");
  sql(url_, "ALTER SYSTEM SET ssl = on");
  sql(url_, "SELECT pg_reload_conf()");
}

void postgres_server::stop_immediately() {
  thaw();
  process_->signal(SIGQUIT);
  process_->wait(postgres_stop_patience);
}

void postgres_server::kill() {
  process_->kill();
  process_->wait(postgres_stop_patience);
}

void postgres_server::freeze() {
  process_->signal(SIGSTOP);
}

void postgres_server::thaw() {
  process_->signal(SIGCONT);
}

std::vector<sql_row> sql(const std::string& url, const std::string& statements) {
  return sql_session(url).run(statements);
}

std::int64_t sql_number(const std::string& url, const std::string& statement) {
  return std::stoll(sql(url, statement).at(0).at(0).value());
}

void sql_session::close::operator()(pg_conn* connection) const {
  PQfinish(connection);
}

sql_session::sql_session(const std::string& url) : connection_(PQconnectdb(url.c_str())) {
  if (PQstatus(connection_.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection_.get()));
}

sql_session::~sql_session() = default;

std::vector<sql_row> sql_session::run(const std::string& statements) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection_.get(), statements.c_str()), &PQclear);
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
    throw std::runtime_error(PQerrorMessage(connection_.get()));
  std::vector<sql_row> rows;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    auto& values = rows.emplace_back();
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      if (PQgetisnull(result.get(), row, column) != 0)
        values.emplace_back();
      else
        values.emplace_back(PQgetvalue(result.get(), row, column));
    }
  }
  return rows;
}

const std::string& shared_postgres_url() {
  static const std::string url = [] {
    if (const char* given = std::getenv("KFS_TEST_POSTGRES")) return std::string{given};
    static const postgres_server own;
    return own.url();
  }();
  return url;
}

std::string new_database() {
  const auto name = unique_name("db");
  const auto& server = shared_postgres_url();
  sql(server, "CREATE DATABASE \"" + name + "\"");
  return server.substr(0, server.rfind('/') + 1) + name;
}

}  // namespace kfs::test
