#include "processors/database/connection.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "config/base/socket_watch.hpp"
#include "processors/database/adoption.hpp"

namespace kfs {
namespace {

using namespace std::chrono_literals;

/// How much longer than the server's time-out a call may take.
constexpr auto grace = 2s;
/// How often a connection attempt checks whether it is cancelled.
constexpr auto connect_slice = 50ms;
/// How many bytes COPY passes to libpq at once.
constexpr std::size_t most_passed = 1024 * 1024;
/// A larger buffer, which one large row needed, is released after its COPY.
constexpr std::size_t most_kept = 4 * most_passed;

using libpq_result = std::unique_ptr<PGresult, decltype(&PQclear)>;

/// The first line, without the severity that libpq puts before the server's message.
std::string first_line(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  for (const std::string_view severity : {"ERROR:  ", "FATAL:  ", "PANIC:  "}) {
    if (text.starts_with(severity)) text.remove_prefix(severity.size());
  }
  return std::string(text);
}

bool is_state(std::string_view text) {
  return text.size() == 5 &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

/// libpq reports the SQLSTATE of a rejected connection only in its verbose text: "FATAL:  28P01: password …".
sql_failure rejected(PGconn* connection) {
  sql_failure failure{.state = {}, .text = {}, .column = {}, .lost = true};
  const std::string_view text = PQerrorMessage(connection);
  failure.text = first_line(text);
  const auto mark = failure.text.find(":  ");
  if (mark != std::string::npos && failure.text.size() > mark + 10 && is_state(failure.text.substr(mark + 3, 5)) &&
      failure.text.compare(mark + 8, 2, ": ") == 0) {
    failure.state = failure.text.substr(mark + 3, 5);
    failure.text = failure.text.substr(mark + 10);
  } else if (PQconnectionNeedsPassword(connection) != 0) {
    failure.state = "28P01";
  }
  return failure;
}

sql_failure given_up(std::string why) {
  return {.state = {}, .text = std::move(why), .column = {}, .lost = true};
}

sql_result<libpq_connection> connected(const std::string& conninfo, std::chrono::milliseconds patience,
                                       const std::stop_token& cancelled) {
  libpq_connection made(PQconnectStart(conninfo.c_str()));
  if (!made || PQstatus(made.get()) == CONNECTION_BAD) return tl::make_unexpected(rejected(made.get()));
  // libpq would write notices to stderr, and a trigger's notice may hold values.
  PQsetNoticeProcessor(
      made.get(), [](void*, const char*) {}, nullptr);
  PQsetErrorVerbosity(made.get(), PQERRORS_VERBOSE);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  auto state = PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK) {
    if (cancelled.stop_requested()) return tl::make_unexpected(given_up("the server is stopping this processor"));
    if (std::chrono::steady_clock::now() >= deadline)
      return tl::make_unexpected(given_up("the server did not answer in time"));
    pollfd polled{PQsocket(made.get()), static_cast<short>(state == PGRES_POLLING_WRITING ? POLLOUT : POLLIN), 0};
    if (::poll(&polled, 1, static_cast<int>(connect_slice.count())) == 0) continue;
    state = PQconnectPoll(made.get());
    if (state == PGRES_POLLING_FAILED) return tl::make_unexpected(rejected(made.get()));
  }
  PQsetErrorVerbosity(made.get(), PQERRORS_DEFAULT);
  return made;
}

/// The column in a context such as "COPY t, line 3, column amount: "x"".
std::string column_in(const char* context) {
  constexpr std::string_view mark = ", column ";
  const std::string_view text = context == nullptr ? "" : context;
  const auto at = text.find(mark);
  if (at == std::string_view::npos) return {};
  const auto name = text.substr(at + mark.size());
  return std::string(name.substr(0, name.find_first_of(":,\n")));
}

std::string field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? "" : text;
}

sql_rows rows_of(const PGresult* result) {
  sql_rows rows(static_cast<std::size_t>(PQntuples(result)));
  for (int row = 0; row < PQntuples(result); ++row) {
    for (int column = 0; column < PQnfields(result); ++column) {
      auto& value = rows[static_cast<std::size_t>(row)].emplace_back();
      if (PQgetisnull(result, row, column) == 0) value = PQgetvalue(result, row, column);
    }
  }
  return rows;
}

}  // namespace

class postgres_connection::session {
 public:
  session(libpq_connection made, std::chrono::milliseconds statement_timeout)
      : watch(PQsocket(made.get())), adopted(std::move(made)), patience(statement_timeout + grace) {}

  ~session() {
    // Do not wait for the answer to a ROLLBACK: the end of the session implies it.
    if (transaction) watch.shut_down("closed");
  }

  /// Runs `work`, which uses libpqxx and returns an sql_result, while the socket is watched.
  template <class Work>
  auto watched(Work&& work) -> decltype(work()) {
    if (broken) return tl::make_unexpected(lost());
    if (held.gauge) held.gauge->answered(work_gauge::clock::now());  // restarts the silent period for this statement
    const socket_watch::guard guarded(watch, patience, held.cancelled);
    try {
      return work();
    } catch (const pqxx::sql_error& failure) {
      return tl::make_unexpected(failed(failure.sqlstate(), failure.what()));
    } catch (const pqxx::failure& failure) {  // broken_connection, transaction_rollback
      return tl::make_unexpected(lost(failure.what()));
    }
  }

  sql_failure failed(const std::string& state, const char* text) {
    broken = broken || state.empty() || PQstatus(adopted.raw) != CONNECTION_OK;
    if (state.empty()) return lost(text);
    return {.state = state, .text = first_line(text), .column = {}, .lost = broken};
  }

  sql_failure lost(const char* text = "") {
    broken = true;
    const char* reason = watch.reason();
    const auto said = reason != nullptr ? std::string(reason) : first_line(text);
    return given_up(said.empty() ? "the connection is broken" : said);
  }

  sql_result<void> checked(PGresult* given, ExecStatusType wanted) {
    const libpq_result result(given, &PQclear);
    if (PQresultStatus(result.get()) == wanted) return {};
    return tl::make_unexpected(refused(result.get()));
  }

  sql_failure refused(const PGresult* result) {
    auto failure = failed(field(result, PG_DIAG_SQLSTATE),
                          result != nullptr ? PQresultErrorMessage(result) : PQerrorMessage(adopted.raw));
    failure.column = column_in(PQresultErrorField(result, PG_DIAG_CONTEXT));
    if (failure.column.empty()) failure.column = field(result, PG_DIAG_COLUMN_NAME);
    failure.constraint = field(result, PG_DIAG_CONSTRAINT_NAME);
    // The context begins with the innermost function, if there is one.
    const auto context = field(result, PG_DIAG_CONTEXT);
    failure.raised = !context.empty() && !context.starts_with("COPY ");
    failure.routine = field(result, PG_DIAG_SOURCE_FUNCTION);
    if (failure.raised) {
      failure.text = "a trigger or function raised it";
      failure.constraint.clear();
    }
    return failure;
  }

  sql_result<void> send(const std::function<bool(std::string&)>& append_more) {
    bool more = true;
    while (more) {
      piece.clear();
      more = append_more(piece);
      for (std::string_view rest = piece; !rest.empty(); rest.remove_prefix(std::min(rest.size(), most_passed))) {
        if (PQputCopyData(adopted.raw, rest.data(), static_cast<int>(std::min(rest.size(), most_passed))) != 1)
          return tl::make_unexpected(lost(PQerrorMessage(adopted.raw)));
      }
    }
    if (piece.capacity() > most_kept) piece = {};
    if (PQputCopyEnd(adopted.raw, nullptr) != 1) return tl::make_unexpected(lost(PQerrorMessage(adopted.raw)));
    return {};
  }

  socket_watch watch;
  adopted_connection adopted;
  const std::chrono::milliseconds patience;
  bool transaction = false;  ///< one is open
  lifeline held;
  std::string piece;  ///< of COPY's input; reused
  bool broken = false;
  const std::uint64_t number = next_number();

 private:
  static std::uint64_t next_number() {
    static std::atomic<std::uint64_t> numbers = 0;
    return ++numbers;
  }
};

postgres_connection::postgres_connection(std::unique_ptr<session> made) : session_(std::move(made)) {}
postgres_connection::~postgres_connection() = default;

sql_result<std::unique_ptr<postgres_connection>> postgres_connection::open(const std::string& conninfo,
                                                                           const options& how,
                                                                           const lifeline& held_by) {
  if (held_by.gauge) held_by.gauge->alive(work_gauge::clock::now());
  auto made = connected(conninfo, how.connect_timeout, held_by.cancelled);
  if (!made) return tl::make_unexpected(std::move(made).error());
  std::unique_ptr<session> opened;
  try {
    opened = std::make_unique<session>(std::move(*made), how.statement_timeout);
  } catch (const pqxx::failure& failure) {
    return tl::make_unexpected(given_up(failure.what()));
  }
  std::unique_ptr<postgres_connection> connection(new postgres_connection(std::move(opened)));
  connection->held_by(held_by);
  // A wait for a lock ends before the statement's time does, so that it is told apart from work that takes too long.
  // The session of a frozen client ends by itself and releases its locks; older servers do not know the check. What is
  // acknowledged is on the disk.
  const auto prepared = connection->begin().and_then([&] {
    return connection->query(fmt::format(
        "SET statement_timeout = {0}; SET idle_in_transaction_session_timeout = {0}; SET lock_timeout = {1}; "
        "SET array_nulls = on; "
        "SELECT set_config(name, '1000', false) FROM pg_settings "
        "WHERE name = 'client_connection_check_interval'; "
        "SELECT set_config('application_name', '{2}', false) WHERE '{2}' <> ''; "
        "SELECT set_config('synchronous_commit', 'on', false) "
        "WHERE current_setting('synchronous_commit') = 'off'",
        how.statement_timeout.count(), how.statement_timeout.count() * 9 / 10, how.name));
  });
  if (!prepared) return tl::make_unexpected(prepared.error());
  if (auto done = connection->commit(); !done) return tl::make_unexpected(std::move(done).error());
  return connection;
}

void postgres_connection::held_by(lifeline held_by) {
  session_->held = std::move(held_by);
}

sql_result<void> postgres_connection::begin() {
  // Whatever the default of the role: with an older snapshot a changed table would look unchanged.
  auto begun = query("BEGIN ISOLATION LEVEL READ COMMITTED");
  if (!begun) return tl::make_unexpected(std::move(begun).error());
  session_->transaction = true;
  return {};
}

sql_result<void> postgres_connection::commit() {
  return commit_after({});
}

/// Statements in one string are run together, and the first failure ends them.
sql_result<void> postgres_connection::commit_after(const std::string& statements) {
  auto& own = *session_;
  auto done = own.watched([&]() -> sql_result<void> {
    const auto text = statements.empty() ? std::string("COMMIT") : statements + "; COMMIT";
    const libpq_result result(PQexec(own.adopted.raw, text.c_str()), &PQclear);
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
      auto failure = own.refused(result.get());
      if (failure.lost)
        failure = own.lost("the connection was lost during a COMMIT; whether it took effect is looked up");
      return tl::make_unexpected(std::move(failure));
    }
    // PostgreSQL answers the COMMIT of a transaction that has failed with ROLLBACK.
    if (std::string_view(PQcmdStatus(result.get())) == "COMMIT") return {};
    return tl::make_unexpected(sql_failure{.state = "25P02", .text = "the transaction was rolled back", .column = {}});
  });
  if (done || PQtransactionStatus(own.adopted.raw) == PQTRANS_IDLE) own.transaction = false;
  return done;
}

void postgres_connection::rollback() {
  if (!session_->transaction) return;
  if (!query("ROLLBACK")) {
    session_->broken = true;
    session_->watch.shut_down("a transaction could not be rolled back");
  }
  session_->transaction = false;
}

/// Uses libpq, because libpqxx 6 leaves the SQLSTATE out of most of its exceptions.
sql_result<sql_rows> postgres_connection::query(const std::string& statements) {
  auto& own = *session_;
  return own.watched([&]() -> sql_result<sql_rows> {
    const libpq_result result(PQexec(own.adopted.raw, statements.c_str()), &PQclear);
    const auto status = PQresultStatus(result.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return rows_of(result.get());
    return tl::make_unexpected(own.refused(result.get()));
  });
}

sql_result<void> postgres_connection::copy(const std::string& command,
                                           const std::function<bool(std::string&)>& append_more) {
  auto& own = *session_;
  return own.watched([&]() -> sql_result<void> {
    if (auto begun = own.checked(PQexec(own.adopted.raw, command.c_str()), PGRES_COPY_IN); !begun) return begun;
    if (auto sent = own.send(append_more); !sent) return sent;
    auto done = own.checked(PQgetResult(own.adopted.raw), PGRES_COMMAND_OK);
    while (PGresult* more = PQgetResult(own.adopted.raw)) PQclear(more);
    return done;
  });
}

std::string postgres_connection::quote(std::string_view text) const {
  return session_->adopted.by_pqxx.quote(std::string(text));
}

std::string postgres_connection::quote_name(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

bool postgres_connection::broken() const noexcept {
  return session_->broken;
}

std::uint64_t postgres_connection::number() const noexcept {
  return session_->number;
}

}  // namespace kfs
