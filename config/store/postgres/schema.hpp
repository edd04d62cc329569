#pragma once

#include <vector>

#include "config/store/migration.hpp"

namespace kfs {

/// Every step of the schema `kafka_fetcher`, by version from 1, without gaps.
const std::vector<migration>& postgres_migrations();

/// A table that a replica of an earlier version does not know, and does not have to know: it works on beside it. So the
/// version of the schema stays. The SQL may add further tables, and columns with a default.
struct added_table {
  const char* name = nullptr;  ///< with its schema
  const char* sql = nullptr;
};

/// The tables that are made where they are missing, after all steps.
const std::vector<added_table>& postgres_added_tables();

/// The numbers of our advisory locks in a PostgreSQL database.
inline constexpr long long postgres_migration_lock =
    0x6b66735f00000001;  ///< held by the transaction that migrates the schema
/// Shared by all replicas. A server of a version that ran all consumers itself holds it alone.
inline constexpr long long postgres_runner_lock = 0x6b66735f00000002;
/// Held by the transaction that gives events their numbers.
inline constexpr long long postgres_event_lock = 0x6b66735f00000003;
/// Held by the transaction that checks whether a consumer may use its group; the second number is the group's hash.
inline constexpr int postgres_group_lock = 0x6b66735f;
/// Held by the transaction that moves stored consumers to another key.
inline constexpr long long postgres_sealing_lock = 0x6b66735f00000004;

}  // namespace kfs
