#pragma once

#include "config/postgres/conninfo.hpp"

namespace kfs {

/// Removes every variable whose name begins with PG from the environment of this process, so that libpq takes nothing
/// from it for a connection that a user of the API describes. Returns the options that libpq would have taken, for the
/// operator's own connection, the store's.
///
/// Three variables stay: PGSSLROOTCERT, whose root certificates count for every connection, and PGSERVICEFILE and
/// PGSYSCONFDIR, which only say where the file of services is.
///
/// Threading: changes the environment; call it before the first thread starts.
conninfo_options take_postgres_environment();

}  // namespace kfs
