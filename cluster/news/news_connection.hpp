#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "config/base/error.hpp"
#include "config/base/socket_watch.hpp"
#include "config/postgres/store_url.hpp"

namespace kfs {

/// The rows that a statement answers.
class news_rows {
 public:
  explicit news_rows(PGresult* made) : result_(made, &PQclear) {}
  [[nodiscard]] int size() const { return PQntuples(result_.get()); }
  [[nodiscard]] std::string text(int row, int column) const;
  [[nodiscard]] std::uint64_t number(int row, int column) const;

 private:
  std::unique_ptr<PGresult, decltype(&PQclear)> result_;
};

/// A connection to PostgreSQL that also receives notifications.
///
/// Uses libpq, whose interface for notifications is the same everywhere; that of libpqxx differs between its versions.
///
/// Threading: one thread. Errors: store_unavailable, with a sentence of PostgreSQL or libpq; never with a secret.
class news_connection {
 public:
  /// A failed statement: its error, and PostgreSQL's SQLSTATE (empty when PostgreSQL did not answer).
  struct problem {
    error reason;
    std::string state;
  };
  template <class T>
  using outcome = tl::expected<T, problem>;

  /// Connects, within three seconds for each host, and listens on `channel`. `stopping` ends later calls at once.
  static outcome<std::unique_ptr<news_connection>> open(const postgres_target& target, const std::string& channel,
                                                        std::stop_token stopping);

  /// Runs statements, which are one transaction unless they say otherwise, and answers with the rows of the last one.
  /// `patience` is how long PostgreSQL may take; a connection that is silent for longer is shut down.
  outcome<news_rows> run(const std::string& statements, std::chrono::milliseconds patience);

  /// Reads what has arrived, and answers with the payloads of the notifications. Does not block.
  outcome<std::vector<std::string>> notifications();

  /// A string literal.
  [[nodiscard]] std::string quote(const std::string& text) const;

  [[nodiscard]] int socket() const { return PQsocket(connection_.get()); }

  /// Whether the connection can be used for another statement and no transaction is open.
  [[nodiscard]] bool usable() const;

 private:
  news_connection(PGconn* made, std::string place, std::stop_token stopping);
  [[nodiscard]] tl::unexpected<problem> failed(const PGresult* result) const;

  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
  std::string place_;
  std::stop_token stopping_;
  std::chrono::milliseconds timeout_{0};  ///< that PostgreSQL knows
  std::optional<socket_watch> watch_;     ///< nullopt when the connection failed
};

}  // namespace kfs
