#pragma once

#include <string>

#include "config/base/error.hpp"
#include "config/postgres/conninfo.hpp"

namespace kfs {

/// The PostgreSQL server that keeps the consumers. Holds a secret.
struct postgres_target {
  std::string connection;  ///< libpq's keyword form; connecting and silent networks are bounded
  std::string place;       ///< "host:port/database" for messages; without user and password
};

/// Reads DATABASE_URL: `postgresql://USER:PASSWORD@HOST:PORT/DATABASE?PARAMETER=…` with any parameter that libpq knows.
/// Several hosts are allowed. `defaults` count for the parameters that the URL does not name.
///
/// Errors: invalid_request. The message repeats nothing of the URL, because in a wrong URL any part may be the
/// password.
result<postgres_target> parse_postgres_url(const std::string& url, const conninfo_options& defaults = {});

}  // namespace kfs
