#include "cluster/news/news_connection.hpp"

#include <cstdlib>
#include <string_view>
#include <utility>

#include "config/base/text.hpp"

namespace kfs {
namespace {

using namespace std::chrono_literals;

/// How much longer than PostgreSQL's time-out a call may take.
constexpr auto grace = 1s;
constexpr auto prepare_patience = 2s;

// An acknowledged report may be lost in a crash of PostgreSQL, which empties the table of reports anyway; so nobody
// waits for a disk.
constexpr const char* session_settings =
    "SET lock_timeout = 0; SET idle_in_transaction_session_timeout = '10s'; SET synchronous_commit = off;"
    "SET default_transaction_isolation = 'read committed';";

/// The message of PostgreSQL on one line, without its severity.
std::string message_line(std::string_view text) {
  for (const std::string_view severity : {"ERROR:  ", "FATAL:  ", "PANIC:  "}) {
    if (text.starts_with(severity)) text.remove_prefix(severity.size());
  }
  return on_one_line(text);
}

}  // namespace

std::string news_rows::text(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column), static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::uint64_t news_rows::number(int row, int column) const {
  return std::strtoull(PQgetvalue(result_.get(), row, column), nullptr, 10);
}

news_connection::news_connection(PGconn* made, std::string place, std::stop_token stopping)
    : connection_(made, &PQfinish), place_(std::move(place)), stopping_(std::move(stopping)) {
  // libpq would write notices to stderr.
  PQsetNoticeProcessor(
      made, [](void*, const char*) {}, nullptr);
  if (PQstatus(made) == CONNECTION_OK) watch_.emplace(PQsocket(made));
}

news_connection::outcome<std::unique_ptr<news_connection>> news_connection::open(const postgres_target& target,
                                                                                 const std::string& channel,
                                                                                 std::stop_token stopping) {
  std::unique_ptr<news_connection> made(
      new news_connection(PQconnectdb(target.connection.c_str()), target.place, std::move(stopping)));
  if (!made->watch_) return made->failed(nullptr);
  if (auto ready = made->run(session_settings + ("LISTEN " + channel), prepare_patience); !ready)
    return tl::make_unexpected(std::move(ready).error());
  return made;
}

news_connection::outcome<news_rows> news_connection::run(const std::string& statements,
                                                         std::chrono::milliseconds patience) {
  const socket_watch::guard guarded(*watch_, patience + grace, stopping_);
  if (timeout_ != patience) {
    const news_rows set(
        PQexec(connection_.get(), ("SET statement_timeout = " + std::to_string(patience.count())).c_str()));
    timeout_ = patience;
  }
  auto* const result = PQexec(connection_.get(), statements.c_str());
  news_rows rows(result);
  const auto status = PQresultStatus(result);
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) return failed(result);
  return rows;
}

news_connection::outcome<std::vector<std::string>> news_connection::notifications() {
  if (PQconsumeInput(connection_.get()) == 0) return failed(nullptr);
  std::vector<std::string> payloads;
  const auto next = [this] {
    return std::unique_ptr<PGnotify, decltype(&PQfreemem)>(PQnotifies(connection_.get()), &PQfreemem);
  };
  for (auto notified = next(); notified; notified = next()) payloads.emplace_back(notified->extra);
  return payloads;
}

std::string news_connection::quote(const std::string& text) const {
  const std::unique_ptr<char, decltype(&PQfreemem)> quoted(PQescapeLiteral(connection_.get(), text.data(), text.size()),
                                                           &PQfreemem);
  return quoted ? std::string(quoted.get()) : std::string("NULL");
}

bool news_connection::usable() const {
  return watch_ && watch_->reason() == nullptr && PQstatus(connection_.get()) == CONNECTION_OK &&
         PQtransactionStatus(connection_.get()) == PQTRANS_IDLE;
}

tl::unexpected<news_connection::problem> news_connection::failed(const PGresult* result) const {
  const char* state = result != nullptr ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : nullptr;
  const char* primary = result != nullptr ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : nullptr;
  std::string text = message_line(primary != nullptr ? primary : PQerrorMessage(connection_.get()));
  if (watch_ && watch_->reason() != nullptr) text = watch_->reason();
  return tl::make_unexpected(problem{
      {ec::store_unavailable,
       "cannot exchange news with other replicas through the database " + place_ + ": " + text + "; it is tried again"},
      state != nullptr ? state : ""});
}

}  // namespace kfs
