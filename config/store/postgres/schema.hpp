#pragma once

#include <vector>

#include "config/store/migration.hpp"

namespace kfs {

/// Every step of the schema `kafka_fetcher`, by version from 1, without gaps.
const std::vector<migration>& postgres_migrations();

/// The numbers of our advisory locks in a PostgreSQL database.
inline constexpr long long postgres_migration_lock =
    0x6b66735f00000001;  ///< held by the transaction that migrates the schema
/// Shared by all replicas. A server of a version that ran all consumers itself holds it alone.
inline constexpr long long postgres_runner_lock = 0x6b66735f00000002;

}  // namespace kfs
