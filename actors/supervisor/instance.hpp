#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "actors/core/consumer_state.hpp"
#include "actors/interfaces.hpp"
#include "actors/ownership.hpp"
#include "actors/pulse.hpp"
#include "actors/replication.hpp"
#include "actors/supervisor/core/recovery_course.hpp"

namespace kfs {

/// The actor that runs an instance of a consumer, and what it told of itself.
struct running_child {
  consumer_actor handle;
  std::uint64_t incarnation = 0;
  consumer_spec_ptr spec;  ///< with which it was started
  std::shared_ptr<pulse> beats;
  std::chrono::milliseconds stop_timeout{0};  ///< of the options with which it was started
  bool to_be_replaced = false;                ///< although the wanted revision is the one that it runs
  paused_partitions told_to_pause;            ///< as it was told last
  bool has_paused = true;                     ///< it follows what it was told last
  observation_ptr seen;                       ///< nullptr until it has told something
  std::optional<timestamp> seen_at;
  std::optional<std::chrono::steady_clock::time_point> draining_since;
  departure departs = departure::lost;  ///< how it was told to end; until then it would end without leaving its group
};

/// A member that stays in its group although nothing runs it, for the next child, here or on another replica.
struct remaining_member {
  /// By then Kafka has removed it (session.timeout.ms, 45 s by default).
  static constexpr std::chrono::seconds longest_session{60};

  consumer_spec_ptr of;  ///< what was run
  std::chrono::steady_clock::time_point since;
  bool may_come_late = false;  ///< its client may have joined after the one of another replica, and have replaced it
};

/// What the supervisor knows of one instance of a consumer: what runs here, what is wrong with it, and which replica
/// runs it.
///
/// Ownership: shared by the entry of its consumer and by whoever works on it at the moment. Threading: the
/// supervisor's.
struct consumer_instance {
  /// `shared`: other replicas may run it.
  consumer_instance(const consumer_id& consumer, int number, const recovery_options& options, bool shared);

  const int number;

  // What runs
  lifecycle state;
  std::optional<running_child> child;
  std::int64_t restarts = 0;               ///< by recovery
  bool held_back = false;                  ///< its start waits for other starts
  std::optional<remaining_member> member;  ///< nullopt: it has left its group, or somebody goes on with it

  // What is wrong
  recovery_course recovery;

  // Several replicas
  const bool shared;
  bool owned = false;                                     ///< this replica has its lease, which may be ending
  std::optional<instance_owner> owner;                    ///< who has it; nullopt: nobody
  std::chrono::steady_clock::time_point unowned_since{};  ///< since when nobody has, or who has is lost
  std::optional<fault_report> absence;                    ///< why nobody runs it, although it shall run
  std::uint64_t made_so = 0;                              ///< the change that what runs here follows
  std::optional<instance_report> told;                    ///< what the owner told last, if that is another replica
  bool to_report = true;                                  ///< something has changed since the last report
  std::chrono::steady_clock::time_point reported_at{};
  std::optional<instance_report> reported;  ///< the last report

  /// Another revision is wanted: what was wrong is forgotten.
  void begin_anew(const consumer_id& consumer, const recovery_options& options);
  /// What is answered as status, as far as this replica runs it.
  [[nodiscard]] consumer_status status() const;
  [[nodiscard]] bool drains() const { return state.now() == consumer_state::draining; }
  /// The child does not run what is wanted.
  [[nodiscard]] bool outdated(const consumer_spec& wanted) const;
  /// It runs on another replica, or on none.
  [[nodiscard]] bool is_elsewhere() const { return shared && !child && !owned; }
  /// Something that a view shows has changed.
  void changed();
  /// Writes what is known of it into the view of a consumer that has this target. The rest of the view stays.
  void show(consumer_view& into, target_state target) const;
  /// Time of the last observation, as far as beats until `at` show that it still holds.
  [[nodiscard]] std::optional<timestamp> observed_at(std::chrono::steady_clock::time_point at) const;

 private:
  void show_own(consumer_view& into) const;
  void show_elsewhere(consumer_view& into, target_state target) const;
  [[nodiscard]] bool is_told() const { return told && owner && told->epoch == owner->epoch; }

  consumer_status last_status_ = consumer_status::inactive;
  timestamp status_since_ = now();  ///< when last_status_ began
};
using instance_ptr = std::shared_ptr<consumer_instance>;

}  // namespace kfs
