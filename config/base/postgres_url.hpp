#pragma once

#include <string>

#include "config/base/error.hpp"

namespace kfs {

/// What is known of a PostgreSQL from its URL. Holds a secret.
struct postgres_target {
  std::string connection;  ///< libpq's keyword form, with our own bounds on connecting and on silent networks
  std::string place;       ///< "host:port/database" for messages; without user and password
};

/// Reads `postgresql://USER:PASSWORD@HOST:PORT/DATABASE?PARAMETER=…`, as libpq has it; several hosts are allowed.
/// Errors: invalid_request. As it cannot be told what of a wrong URL is the password, the message repeats nothing of
/// it.
result<postgres_target> parse_postgres_url(const std::string& url);

}  // namespace kfs
