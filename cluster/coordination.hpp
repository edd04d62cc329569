#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "actors/metrics/metrics.hpp"
#include "cluster/core/held_lease.hpp"
#include "cluster/core/membership.hpp"
#include "cluster/core/placement/move_plan.hpp"
#include "cluster/lease_table.hpp"
#include "cluster/store/lease_store.hpp"

namespace kfs {

/// An instance that shall run somewhere.
struct wanted_instance {
  instance_id instance;
  std::string together = {};  ///< instances with the same text run on one replica; empty: with nobody
  bool operator==(const wanted_instance&) const = default;
};

/// Decides what this replica does about the leases: which it takes, which it gives up, and what the supervisor is told.
/// The coordinator carries it out.
///
/// All replicas compute the same placement from the same rows. A lease that is free is taken by the replica where its
/// instance is placed; one that is held and placed elsewhere is given up by its holder: first the supervisor ends what
/// runs (vacated()), then the lease is released. So no replica needs to ask another.
///
/// Ownership: one for each process. Threading: none; time is an argument.
class coordination {
 public:
  using clock = std::chrono::steady_clock;

  coordination(const lease_times& times, replica_id self, move_limits limits = {.for_balance_into_one = 4});

  /// A run has begun with a statement that was sent at `sent`: the own row is written with it. What was held is lost.
  void began(const run_id& run, clock::time_point sent);

  /// What was held is lost: the right to write has ended, or the run was evicted or replaced.
  void lose_all();

  /// The consumers that shall run have changed.
  void want(std::vector<wanted_instance> wanted);

  /// The answer to a sign of life.
  void saw(const cluster_sight& seen);
  void renewal_failed(clock::time_point at);

  /// Leases that were taken by a statement that was sent at `sent`.
  void took(std::span<const stored_lease> leases, clock::time_point sent);
  void released(std::span<const stored_lease> leases);

  /// That instance does not run here any more, since its lease of that epoch was told to end.
  void vacated(const instance_id& instance, epoch term);

  /// This replica ends: it takes nothing, and gives everything away.
  void leave() { leaving_ = true; }

  /// What is to be done about the leases.
  struct steps {
    std::vector<lease_wish> take;
    std::vector<stored_lease> release;
    std::vector<lease_wish> free;  ///< leases of lost replicas that nobody takes
    std::vector<replica_row> forget;
  };
  /// Decides anew; the instances that have to end are marked for the supervisor.
  steps decide(clock::time_point at);

  /// What the supervisor is told.
  [[nodiscard]] lease_table::contents table() const;

  [[nodiscard]] bool holds_nothing() const { return own_.empty(); }
  [[nodiscard]] bool is_settled() const { return members_ && members_->is_settled(); }
  [[nodiscard]] membership::standing standing() const;
  /// nullopt before the first run.
  [[nodiscard]] const std::optional<held_lease>& right() const { return right_; }
  [[nodiscard]] std::uint64_t known_changes() const { return known_changes_; }
  /// Whether the store has shown an earlier state than before, since the last call: a backup was restored, or a crash
  /// of the database lost the last signs of life.
  [[nodiscard]] bool take_gone_back() { return std::exchange(gone_back_, false); }
  /// When the next look may find something new although nobody told of it.
  [[nodiscard]] std::optional<clock::time_point> next_expiry() const;

  // For people.
  /// What is measured; counts the moves since the last call.
  [[nodiscard]] metrics::cluster_counts counts();
  struct listed {
    listed_replica replica;
    replica_state state = replica_state::active;
    std::size_t instances = 0;
  };
  [[nodiscard]] std::vector<listed> replicas() const;
  [[nodiscard]] std::vector<stored_lease> assignments() const;
  /// Wanted instances that nobody holds, and why.
  [[nodiscard]] std::vector<std::pair<instance_id, std::string>> unassigned() const;

 private:
  struct own_lease {
    stored_lease lease;
    clock::time_point since;
    bool ending = false;
    bool vacant = false;  ///< nothing runs any more, since it was told to end
  };

  [[nodiscard]] bool is_alive(const stored_lease& lease) const;
  void note_own(std::span<const stored_lease> leases);
  [[nodiscard]] std::vector<placement_replica> placement_replicas() const;
  [[nodiscard]] std::vector<placement_instance> placement_instances() const;
  void mark_ending(std::span<const placed_instance> placed, const std::vector<placement_replica>& replicas,
                   const std::vector<placement_instance>& instances);
  void add_wishes(std::span<const placed_instance> placed, steps& into) const;
  void add_orphans(steps& into) const;
  void add_forgotten(steps& into) const;
  void notice_going_back();
  [[nodiscard]] lease_wish wish_for(const stored_lease& lease) const;
  [[nodiscard]] bool is_first() const;

  lease_times times_;
  replica_id self_;
  move_limits limits_;
  std::optional<run_id> run_;
  std::optional<membership> members_;
  std::optional<held_lease> right_;
  std::uint64_t known_changes_ = 0;
  std::map<instance_id, stored_lease> leases_;
  std::map<replica_id, listed_replica> rows_;
  std::map<instance_id, own_lease> own_;
  std::map<instance_id, wanted_instance> wanted_;
  std::map<instance_id, unassigned_reason> reasons_;
  std::size_t moves_ = 0;  ///< leases that were seen with another holder than before
  std::uint64_t own_heartbeats_ = 0;
  bool gone_back_ = false;
  bool leaving_ = false;
  bool blind_ = true;  ///< this replica has no right, so it cannot tell whether others have theirs
};

}  // namespace kfs
