#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cluster/core/failure_detector.hpp"
#include "cluster/core/ids.hpp"

namespace kfs {

/// What a replica has written about itself in the store, and what was ordered for it.
struct replica_row {
  replica_id replica;
  run_id run;
  std::uint64_t heartbeats = 0;   ///< changes with each renewal
  bool draining = false;          ///< outlives the run
  std::optional<run_id> evicted;  ///< the run that was evicted; a later run is a member again
  bool ended = false;             ///< the run has ended in order and holds nothing
  std::optional<std::size_t> capacity;
  int protocol = 0;  ///< version of the messages between replicas
  bool operator==(const replica_row&) const = default;
};

enum class replica_state {
  active,    ///< takes and runs instances
  draining,  ///< lives, gives its instances away and takes none; ends with a resume
  lost,  ///< silent for a lease, or evicted; its leases are free. Ends with a heartbeat of a run that is not evicted
};

const char* to_string(replica_state state) noexcept;

struct member {
  replica_row row;
  replica_state state = replica_state::active;
  std::optional<look::clock::time_point> lost_since;  ///< when this process found it lost
};

/// Which replicas there are, from looks at their rows: the same rule as for leases (failure_detector).
///
/// Ownership: one for each replica. Threading: none; time is an argument.
class membership {
 public:
  using clock = look::clock;

  /// How long a lost replica is listed.
  static constexpr std::chrono::hours listed_when_lost{1};

  membership(const lease_times& times, replica_id self, run_id run);

  /// Takes in a look at all rows of replicas.
  void saw(const look& present, std::span<const replica_row> rows);

  /// Every replica has been seen alive or is lost, counted from the last gap between looks. Before that nothing should
  /// be placed, because a row may be that of a replica that died long ago.
  [[nodiscard]] bool is_settled() const { return settled_; }

  /// By name. A replica whose last run ended in order is no member, nor is one that has been lost for an hour.
  [[nodiscard]] const std::map<replica_id, member>& members() const { return members_; }

  /// The rows to delete from the store, if they are unchanged: lost for an hour.
  [[nodiscard]] const std::vector<replica_row>& forgotten() const { return forgotten_; }

  /// The leases of that run are free: it is lost, has ended, or was replaced by a later run. `replica` and `run` must
  /// come from the same snapshot of the store as the last look, or from an earlier one; a later one may show a run that
  /// began after the look.
  [[nodiscard]] bool is_gone(const replica_id& replica, const run_id& run) const;

  enum class standing {
    unknown,   ///< the store shows no row of this replica
    member,    ///< the row is that of this run
    evicted,   ///< fence everything; then join with a new run
    replaced,  ///< another process has taken the name over: fence everything and end the process
  };
  [[nodiscard]] standing own_standing() const { return standing_; }

  /// The lowest protocol among the replicas that live: what all of them understand. 0 when none lives.
  [[nodiscard]] int lowest_protocol() const;

  /// When a look will find the next replica lost unless it renews.
  [[nodiscard]] std::optional<clock::time_point> next_expiry() const { return signs_.next_expiry(); }

 private:
  struct sign {
    run_id run;
    std::uint64_t heartbeats = 0;
    bool operator==(const sign&) const = default;
  };

  void note_losses(std::span<const replica_row> rows, clock::time_point at);
  void list(const replica_row& row, clock::time_point at);

  replica_id self_;
  run_id run_;
  failure_detector<replica_id, sign> signs_;
  std::map<replica_id, member> members_;
  std::map<replica_id, clock::time_point> lost_since_;
  std::vector<replica_row> forgotten_;
  bool settled_ = false;
  standing standing_ = standing::unknown;
};

}  // namespace kfs
