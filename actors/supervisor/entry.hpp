#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "actors/core/consumer_state.hpp"
#include "actors/interfaces.hpp"
#include "actors/metrics/metrics.hpp"
#include "actors/processor/core/rejection_ledger.hpp"
#include "actors/pulse.hpp"
#include "actors/replication.hpp"
#include "actors/supervisor/core/recovery_course.hpp"
#include "actors/supervisor/spawn.hpp"
#include "config/base/logger.hpp"

namespace kfs {

/// The actor that runs a consumer, and what it told of itself.
struct running_child {
  consumer_actor handle;
  std::uint64_t incarnation = 0;
  consumer_spec_ptr spec;  ///< with which it was started
  std::shared_ptr<pulse> beats;
  std::chrono::milliseconds stop_timeout{0};  ///< of the options with which it was started
  bool to_be_replaced = false;                ///< although the wanted revision is the one that it runs
  observation_ptr seen;                       ///< nullptr until it has told something
  std::optional<timestamp> seen_at;
  std::optional<std::chrono::steady_clock::time_point> draining_since;
};

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
  bool removed = false;      ///< from the store; the entry goes when its child has ended
  std::uint64_t change = 0;  ///< number of the change that made it so; 0 where the store does not count
  std::chrono::steady_clock::time_point changed_at{};  ///< when that change was known to be stored

  // What runs
  lifecycle state;
  std::optional<running_child> child;
  std::int64_t restarts = 0;  ///< by recovery

  // What is wrong
  recovery_course recovery;

  // Several replicas
  bool shared = false;                                    ///< others may run it
  bool owned = false;                                     ///< this replica has its lease, which may be ending
  std::optional<instance_owner> owner;                    ///< who has it; nullopt: nobody
  std::chrono::steady_clock::time_point unowned_since{};  ///< since when nobody has, or who has is lost
  std::optional<fault_report> absence;                    ///< why nobody runs it, although it shall run
  std::uint64_t made_so = 0;                              ///< the change that what runs here follows
  std::optional<instance_report> told;                    ///< what the owner told last, if that is another replica
  bool to_report = true;                                  ///< something has changed since the last report
  std::chrono::steady_clock::time_point reported_at{};

  // Shared with the child
  event_log_ptr events;
  std::shared_ptr<consumer_metrics> measured;    ///< nullptr while another replica may run it, which shows its series
  std::shared_ptr<rejection_ledger> rejections;  ///< of the wanted revision

  /// Called once, when what runs is what is wanted.
  std::vector<std::function<void(consumer_entry&)>> when_settled;

  /// What is answered as status.
  [[nodiscard]] consumer_status status() const;
  [[nodiscard]] bool drains() const { return state.now() == consumer_state::draining; }
  /// The child does not run what is wanted.
  [[nodiscard]] bool outdated() const;
  [[nodiscard]] const consumer_id& id() const { return wanted->id; }

  /// Another specification is wanted from now on.
  void want(consumer_spec_ptr spec, const supervisor_environment& environment);
  /// The same, and nobody but this replica has changed it. Processors that are as they were, and read the same records,
  /// keep what is known of their destinations; it is stored for the new revision.
  void change_to(consumer_spec_ptr spec, const supervisor_environment& environment);
  /// Nothing counts any more of what this replica knows of rejected records and of destinations.
  void begin_ledger(const supervisor_environment& environment);
  void move_to(consumer_state next, const logger& log);
  /// Something that a view shows has changed.
  void changed();
  /// The consumer as it is answered. Made anew after each change.
  consumer_view_ptr view();
  /// It runs on another replica, or on none.
  [[nodiscard]] bool is_elsewhere() const { return shared && !child && !owned; }

 private:
  void show_own(consumer_view& into) const;
  void show_elsewhere(consumer_view& into) const;

  consumer_status last_status_ = consumer_status::inactive;
  timestamp status_since_ = now();  ///< when last_status_ began
  consumer_view_ptr view_;          ///< nullptr when it has to be made anew
};
using entry_ptr = std::shared_ptr<consumer_entry>;

}  // namespace kfs
