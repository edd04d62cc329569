#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "actors/answer.hpp"
#include "actors/consumer/spawn.hpp"
#include "actors/core/consumer_state.hpp"
#include "actors/core/own_standstill.hpp"
#include "actors/core/restart_policy.hpp"
#include "actors/supervisor/spawn.hpp"

namespace kfs {

/// The behaviour of the supervisor: for each consumer, what is wanted (as stored), what runs, and what is observed of
/// it.
///
/// Level-triggered: every command first changes what is wanted, durably, and then reconcile() starts, drains or
/// restarts until what runs is what is wanted. A command that comes while another of the same consumer is being stored
/// waits its turn; one that comes while a consumer drains takes effect when it is drained.
///
/// A write that failed may have happened all the same, so what is wanted is then loaded from the store again. Where
/// another replica has the store, nothing runs here until this one gets it.
///
/// Ownership and threading: the state of the supervisor actor, and only ever called by it.
class supervisor {
 public:
  using view_answer = owed_answer<consumer_view_ptr>;
  using create_answer = owed_answer<create_outcome>;
  using done_answer = owed_answer<done>;

  static constexpr std::chrono::milliseconds tick_interval{250};
  static constexpr std::chrono::seconds store_ping_interval{2};
  static constexpr std::chrono::seconds store_timeout{10};
  /// Commands of one consumer that may wait for the one being stored; more are refused as overloaded.
  static constexpr std::size_t commands_waiting = 128;
  /// A consumer that rests comes round every four seconds; one that has not for this long is stuck.
  static constexpr std::chrono::seconds child_patience{15};
  /// Beyond the stop time-out, for leaving the group and closing sinks; an end that takes longer hangs.
  static constexpr std::chrono::seconds ending_patience{8};

  supervisor(supervisor_actor::pointer self, supervisor_environment environment,
             std::optional<std::vector<consumer_spec>> stored);

  /// Starts what shall run, and the clock.
  void start();

  void create(const consumer_spec_ptr& spec, const create_answer& answer);
  void update(const consumer_spec_ptr& spec, const view_answer& answer);
  void set_target(const consumer_id& id, target_state target, const view_answer& answer);
  void remove(const consumer_id& id, std::optional<revision> only, const done_answer& answer);
  [[nodiscard]] caf::result<consumer_views> list();
  [[nodiscard]] caf::result<consumer_view_ptr> get(const consumer_id& id);
  [[nodiscard]] server_health health() const { return {.store_fault = store_fault_}; }

  void observed(const consumer_id& id, std::uint64_t incarnation, const observation_ptr& seen);
  void child_ended(const caf::actor_addr& who, const caf::error& reason);
  void ticked();
  void drain(const done_answer& answer);

 private:
  using clock = restart_policy::clock;

  struct child {
    consumer_actor handle;
    std::uint64_t incarnation = 0;
    consumer_spec_ptr spec;  ///< what it was started with
    std::shared_ptr<pulse> beats;
    std::chrono::milliseconds stop_timeout{0};  ///< of what it was started with
  };
  struct entry {
    consumer_spec_ptr wanted;
    consumer_options options;  ///< of what is wanted, with the server's defaults
    event_log_ptr events;
    bool removed = false;  ///< removed from the store; goes when its child has ended
    lifecycle state;
    std::optional<child> running;
    restart_policy policy;
    std::shared_ptr<consumer_metrics> measured;
    std::shared_ptr<rejection_ledger> refusals;  ///< of the configuration that is wanted
    observation_ptr seen;                        ///< of the present child
    std::optional<timestamp> seen_at;
    consumer_status status = consumer_status::inactive;
    timestamp status_since;
    std::int64_t restarts = 0;          ///< by recovery
    std::optional<fault_report> fault;  ///< stays until health is observed, over restarts
    std::optional<recovery_report> recovery;
    std::optional<clock::time_point> next_attempt;
    bool restart = false;  ///< the present child is to be replaced although what is wanted is the same
    bool gave_up = false;  ///< recovery has ended; only a start or a change tries again
    std::optional<clock::time_point> draining_since;
    std::vector<std::function<void(entry&)>> when_settled;  ///< called once what runs is what is wanted
    consumer_view_ptr view;                                 ///< null: to be made anew
  };
  using command = std::function<void()>;

  // Commands
  void in_turn(const consumer_id& id, const command& run, const std::function<void(const error&)>& refuse);
  void next_turn(const consumer_id& id);
  void repeated_create(const consumer_spec_ptr& spec, const create_answer& answer);
  entry& adopt(consumer_spec_ptr spec, event_kind how);
  entry* find(const consumer_id& id);
  void replace_wanted(entry& which, consumer_spec_ptr wanted);

  // Making it so
  void reconcile(entry& which);
  void spawn_child(entry& which);
  void drain_child(entry& which);
  void settled(entry& which);
  [[nodiscard]] bool shall_run(const entry& which) const;
  [[nodiscard]] consumer_status status_of(const entry& which) const;
  [[nodiscard]] static bool outdated(const entry& which);

  // Faults
  void failed(entry& which, fault_report fault);
  [[nodiscard]] static std::string why_final(const entry& which);
  [[nodiscard]] static bool is_stuck(const entry& which);
  void schedule_attempt(entry& which);
  void give_up(entry& which);
  void attempt_again(entry& which);
  void start_at_once(entry& which);
  void restarted(entry& which);
  void look_after(entry& which, clock::time_point at);
  void overdue(entry& which, clock::time_point at);
  void recovered(entry& which);
  void forget_faults(entry& which);
  void move(entry& which, consumer_state next);

  consumer_view_ptr view_of(entry& which);
  void changed(entry& which);
  void finish_if_drained();

  // The store
  void ask_store();
  void store_answered(std::optional<error> fault);
  void store_refused(const caf::error& why);
  void loaded(const consumer_spec_list& stored);
  void load_one(const consumer_spec& stored);
  void forget_unstored(const consumer_spec_list& stored);
  void stand_by();
  [[nodiscard]] error why_not_in_charge() const;

  supervisor_actor::pointer self_;
  supervisor_environment environment_;
  std::unordered_map<consumer_id, entry> entries_;
  std::map<std::pair<timestamp, std::string>, consumer_id> oldest_first_;
  std::unordered_map<consumer_id, std::deque<command>> turns_;  ///< present: a command is being stored
  std::map<caf::actor_addr, consumer_id> children_;
  std::uint64_t incarnations_ = 0;
  own_standstill standstill_{child_patience / 3};
  std::optional<error> store_fault_;
  std::optional<clock::time_point> next_ping_;
  bool in_charge_ = false;  ///< what is wanted is known, and this replica runs it
  bool reload_ = false;     ///< the store may hold something else than what is known here
  bool shutting_down_ = false;
  std::vector<done_answer> drained_;
};

}  // namespace kfs
