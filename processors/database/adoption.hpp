#pragma once

#include <libpq-fe.h>

#include <memory>
#include <pqxx/pqxx>
#include <string>
#include <utility>

/// How a connection of libpq becomes one of libpqxx, which differs between libpqxx 6 and 7. Only for
/// database/connection.cpp.
namespace kfs {

/// Ends a connection of libpq.
struct finish_connection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using libpq_connection = std::unique_ptr<PGconn, finish_connection>;

#if PQXX_VERSION_MAJOR >= 7
/// A libpqxx connection over one of libpq, so that connecting can be given up.
struct adopted_connection {
  explicit adopted_connection(libpq_connection made) : raw(made.get()), by_pqxx(adopt(std::move(made))) {}

  static pqxx::connection adopt(libpq_connection made) {
    return pqxx::connection::seize_raw_connection(made.release());
  }

  PGconn* raw;
  pqxx::connection by_pqxx;
};
#else
/// Hands out the connection that it was given, once. Otherwise libpqxx 6 would reconnect by itself, and lose a
/// transaction silently.
class given_connection final : public pqxx::connectionpolicy {
 public:
  explicit given_connection(libpq_connection made) : pqxx::connectionpolicy(std::string{}), made_(std::move(made)) {}
  handle do_startconnect(handle now) override { return now != nullptr ? now : made_.release(); }
  handle do_completeconnect(handle now) override { return now; }

 private:
  libpq_connection made_;
};

class pqxx_connection final : public pqxx::connection_base {
 public:
  explicit pqxx_connection(libpq_connection made) : pqxx::connection_base(policy_), policy_(std::move(made)) { init(); }
  ~pqxx_connection() noexcept { close(); }

 private:
  given_connection policy_;
};

/// A libpqxx connection over one of libpq, so that connecting can be given up.
struct adopted_connection {
  explicit adopted_connection(libpq_connection made) : raw(made.get()), by_pqxx(std::move(made)) {}

  PGconn* raw;
  pqxx_connection by_pqxx;
};
#endif

}  // namespace kfs
