#pragma once

#include <memory>
#include <string>

#include "config/postgres/store_url.hpp"
#include "config/store/consumer_store.hpp"
#include "config/store/sealing.hpp"

namespace kfs {

/// A store in the schema `kafka_fetcher` of a PostgreSQL database. This function does not connect. Each call connects
/// if needed, so the store recovers when PostgreSQL comes back.
///
/// Any number of replicas of this version share the store. While a server of a version that shared it with nobody runs
/// the consumers, calls fail with `standby`. When the answer to a write is lost, the write may have happened; load()
/// shows whether it did. What is stored in plain text, or with an older key, is sealed anew by ping() as soon as every
/// replica can read it (postgres_sealing). Each change sends NOTIFY on the channel `kafka_fetcher` with the payload
/// `consumers`.
///
/// Errors of the calls: standby, and store_unavailable (with what to do), within eight seconds.
std::unique_ptr<consumer_store> open_postgres_store(postgres_target target, std::string replica,
                                                    spec_sealing_ptr sealing = std::make_shared<spec_sealing>());

}  // namespace kfs
