#pragma once

#include <memory>
#include <string>

#include "config/postgres/store_url.hpp"
#include "config/store/consumer_store.hpp"

namespace kfs {

/// A store in the schema `kafka_fetcher` of a PostgreSQL database. This function does not connect. Each call connects
/// if needed, so the store recovers when PostgreSQL comes back.
///
/// One replica at a time has the store; the calls of all others fail with `standby`. When the answer to a write is
/// lost, the write may have happened; load_all() shows whether it did.
///
/// Errors of the calls: standby, and store_unavailable (with what to do), within eight seconds.
std::unique_ptr<consumer_store> open_postgres_store(postgres_target target, std::string replica);

}  // namespace kfs
