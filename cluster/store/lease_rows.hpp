#pragma once

#include <cstdint>
#include <map>
#include <pqxx/pqxx>
#include <span>
#include <string>

#include "cluster/store/lease_store.hpp"

namespace kfs {

/// Reads the rows of all replicas and leases in one statement, after `renewal`, a statement that returns one row when
/// the own row was renewed; "" for a mere look. The leases are left out when their counter is `known_changes`.
///
/// Errors: exceptions of libpqxx and nlohmann::json.
cluster_sight read_sight(pqxx::transaction_base& transaction, std::uint64_t known_changes,
                         const std::string& renewal = "");

/// The rows of the own replica and of the holders of leases, which do not change until the transaction ends.
///
/// Errors: exceptions of libpqxx.
class locked_replicas {
 public:
  locked_replicas(pqxx::work& transaction, const replica_id& self, std::span<const lease_wish> wishes);

  /// The row is that of this run, which was not evicted and has not ended.
  [[nodiscard]] bool is_present(const replica_id& replica, const run_id& run) const;

  /// The holder has given no sign of life since the look.
  [[nodiscard]] bool is_still_gone(const lease_wish& wish) const;

 private:
  struct sign {
    std::string run;
    std::uint64_t heartbeats = 0;
    bool gone = false;
  };
  std::map<std::string, sign> rows_;
};

/// The consumers among the wishes that shall run, by id, with the number of their instances. They cannot be changed
/// until the transaction ends, so a stop that has been stored is never followed by a start.
///
/// Errors: exceptions of libpqxx.
std::map<std::string, int> wanted_among(pqxx::work& transaction, std::span<const lease_wish> wishes);

}  // namespace kfs
