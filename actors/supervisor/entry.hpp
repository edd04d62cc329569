#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/metrics/metrics.hpp"
#include "actors/processor/core/rejection_ledger.hpp"
#include "actors/supervisor/instance.hpp"
#include "actors/supervisor/spawn.hpp"
#include "config/base/logger.hpp"

namespace kfs {

/// What the supervisor knows of one consumer.
///
/// Ownership: shared by the supervisor's table and by whoever works on the consumer at the moment, so that an entry
/// that leaves the table stays valid to the end of the call. Threading: the supervisor's.
struct consumer_entry {
  consumer_entry(consumer_spec_ptr spec, const supervisor_environment& environment);

  // What is wanted
  consumer_spec_ptr wanted;
  consumer_spec_ptr shown;   ///< what is wanted, with its secrets masked
  consumer_options options;  ///< of what is wanted, with the server's defaults
  bool removed = false;      ///< from the store; the entry goes when its children have ended. Set by remove()
  std::uint64_t change = 0;  ///< number of the change that made it so; 0 where the store does not count
  std::chrono::steady_clock::time_point changed_at{};  ///< when that change was known to be stored

  const bool shared;                      ///< other replicas may run its instances
  std::map<int, instance_ptr> instances;  ///< by number: those that are wanted, and those that have to end

  // Shared with the children
  event_log_ptr events;
  std::shared_ptr<consumer_metrics> measured;    ///< nullptr while only other replicas run it, which show its series
  std::shared_ptr<rejection_ledger> rejections;  ///< of the wanted revision

  /// Called once, when what runs is what is wanted.
  std::vector<std::function<void(consumer_entry&)>> when_settled;

  [[nodiscard]] const consumer_id& id() const { return wanted->id; }
  /// The instances, in the order of their numbers. Whoever goes through them and may change them goes through a copy.
  [[nodiscard]] std::vector<instance_ptr> all() const;
  /// The instance of that number, which is added if it is not known.
  instance_ptr instance(int number);
  /// The instance whose child has that incarnation; nullptr when there is none.
  [[nodiscard]] instance_ptr running(std::uint64_t incarnation) const;
  /// It shall run when the consumer does; otherwise it has to end.
  [[nodiscard]] bool is_wanted(const consumer_instance& one) const { return one.number < options.instances; }
  /// At least one of its instances has a child.
  [[nodiscard]] bool runs_here() const;
  /// None of its instances runs here, nor has this replica a lease of one.
  [[nodiscard]] bool is_elsewhere() const;
  /// At least one of its instances runs on another replica, or on none.
  [[nodiscard]] bool is_partly_elsewhere() const;
  /// Forgets instances that are not wanted, do not run here, and that nobody has.
  void drop_surplus();

  /// Another specification is wanted from now on.
  void want(consumer_spec_ptr spec, const supervisor_environment& environment);
  /// The same, and nobody but this replica has changed it. Processors that are as they were, and read the same records,
  /// keep what is known of their destinations; it is stored for the new revision.
  void change_to(consumer_spec_ptr spec, const supervisor_environment& environment);
  /// Nothing counts any more of what this replica knows of rejected records and of destinations.
  void begin_ledger(const supervisor_environment& environment);
  /// It is removed from the store.
  void remove();
  void move_to(consumer_instance& one, consumer_state next, const logger& log);
  /// Something that a view shows has changed: of that instance, or of all.
  void changed(consumer_instance& one);
  void changed();
  /// The consumer as it is answered. Made anew after each change.
  consumer_view_ptr view();
  /// The instance, as others are told of it at `at`.
  [[nodiscard]] consumer_view view_of(const consumer_instance& one, std::chrono::steady_clock::time_point at) const;
  /// Time of the last observation of all instances, as far as their beats until `at` show that it still holds.
  [[nodiscard]] std::optional<timestamp> observed_at(std::chrono::steady_clock::time_point at) const;
  /// A sentence about an instance, which names it where there are several.
  [[nodiscard]] std::string about(const consumer_instance& one, std::string sentence) const;

 private:
  void add_wanted_instances();
  [[nodiscard]] bool is_shown(const consumer_instance& one) const;
  [[nodiscard]] consumer_view view_of(const consumer_instance& one) const;

  void forget_view();

  std::shared_ptr<kept_views> kept_;
  consumer_state last_state_ = consumer_state::stopped;  ///< of all instances that run here
  consumer_view_ptr view_;                               ///< nullptr when it has to be made anew
};
using entry_ptr = std::shared_ptr<consumer_entry>;

}  // namespace kfs
