#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cluster/core/failure_detector.hpp"
#include "cluster/core/ids.hpp"
#include "cluster/core/membership.hpp"
#include "config/base/error.hpp"
#include "config/base/timestamp.hpp"
#include "config/postgres/store_url.hpp"

namespace kfs {

/// How this process presents itself to the other replicas.
struct own_replica {
  replica_id replica;
  std::optional<std::size_t> capacity;
  int protocol = 0;
  std::string version;
  std::string address;  ///< of its link; empty when it has none
  timestamp started_at;
};

/// A row of a replica, with what is shown to people.
struct listed_replica {
  replica_row row;
  std::string version;
  std::string address;
  timestamp started_at;
  timestamp last_seen_at;
  bool operator==(const listed_replica&) const = default;
};

/// Who may run an instance.
struct stored_lease {
  instance_id instance;
  std::optional<replica_id> holder;  ///< nullopt when it was released
  run_id run;                        ///< of the holder
  epoch term;
  timestamp since;
  bool operator==(const stored_lease&) const = default;
};

/// One snapshot of the rows of all replicas and leases.
struct cluster_sight {
  look when;
  bool renewed = false;  ///< the own row was renewed; always false for a mere look
  std::vector<listed_replica> replicas;
  std::uint64_t lease_changes = 0;                  ///< counts the changes of leases
  std::optional<std::vector<stored_lease>> leases;  ///< nullopt when lease_changes is what the caller knows
};

/// A lease to be taken.
struct lease_wish {
  instance_id instance;
  std::optional<stored_lease> seen;   ///< the lease in the last look; nullopt when there was none
  std::optional<replica_row> holder;  ///< the holder's row in that look; nullopt when it had none, or was released
};

/// The replicas and leases in the schema `kafka_fetcher` of a PostgreSQL database, by a connection of its own.
///
/// A lease has no counter of its own: its holder's heartbeats count for all leases of that run (cluster/README.md).
///
/// Threading: one call at a time.
/// Errors:    store_unavailable, within `bound` for a look or a sign of life, `transaction_bound` for the rest, and the
///            connection time-out of the target for connecting; standby while an older version of the server runs the
///            consumers.
class lease_store {
 public:
  static constexpr std::chrono::milliseconds bound{500};
  static constexpr std::chrono::milliseconds transaction_bound{1'500};  ///< of several statements, half a dozen ways

  lease_store(postgres_target target, own_replica self);
  ~lease_store();
  lease_store(const lease_store&) = delete;
  lease_store& operator=(const lease_store&) = delete;

  /// All rows, without a sign of life.
  result<cluster_sight> see(std::uint64_t known_changes);

  /// A sign of life of this run, and all rows, in one statement. The own row is shown as it was before.
  result<cluster_sight> beat(std::uint64_t known_changes);

  /// Writes the own row with that run, in place of `seen`, the row of that name in the last look. The leases of the run
  /// before are free from then on. False when that row has changed since: look again.
  result<bool> claim(const run_id& run, const std::optional<replica_row>& seen);

  /// Takes those leases whose row, and whose holder's run and heartbeats, are as in the look. Nothing is taken when the
  /// own row is not that of this run, or the run was evicted; only leases of consumers that shall run are taken.
  result<std::vector<stored_lease>> take(std::span<const lease_wish> wishes);

  /// Takes leases away from holders that are gone, without taking them; compares as take() does.
  result<void> free(std::span<const lease_wish> wishes);

  /// Gives up leases of this run; those that it does not hold any more are left as they are. Rows of consumers that do
  /// not exist are removed.
  result<void> release(std::span<const stored_lease> held);

  /// This run will end: it gives its leases away one after the other. The others see it as draining.
  result<void> begin_to_leave();

  /// This run ends in order and holds nothing any more.
  result<void> leave();

  enum class order { drain, resume, evict };
  /// False when there is no such replica.
  result<bool> give_order(const replica_id& replica, order what);

  /// Removes the rows of replicas that are as shown.
  result<void> forget(std::span<const replica_row> rows);

 private:
  struct session;
  std::unique_ptr<session> session_;
};

}  // namespace kfs
