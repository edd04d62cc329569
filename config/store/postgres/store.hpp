#pragma once

#include <memory>
#include <string>

#include "config/postgres/store_url.hpp"
#include "config/store/consumer_store.hpp"

namespace kfs {

/// A store in the schema `kafka_fetcher` of a PostgreSQL database. Nothing is connected to yet: each call connects if
/// need be, so the store mends itself when PostgreSQL comes back.
///
/// Of all replicas on one database one at a time has the store; calls of the others answer `standby`. Should the answer
/// to a write be lost, the write may have happened: load_all() tells.
///
/// Errors: standby, and store_unavailable (with what to do), within eight seconds.
std::unique_ptr<consumer_store> open_postgres_store(postgres_target target, std::string replica);

}  // namespace kfs
