#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <vector>

#include "actors/supervisor/children.hpp"
#include "actors/supervisor/commands.hpp"
#include "actors/supervisor/entries.hpp"
#include "actors/supervisor/faults.hpp"
#include "actors/supervisor/loading.hpp"
#include "actors/supervisor/sharing.hpp"
#include "actors/supervisor/spawn.hpp"
#include "actors/supervisor/store_link.hpp"
#include "actors/supervisor/store_session_ownership.hpp"
#include "actors/supervisor/turns.hpp"

namespace kfs {

/// Makes what runs follow what is wanted.
///
/// Level-triggered: commands, loading and faults say what is wanted and what is known; reconcile() compares that with
/// what runs, and is the only place that starts or ends a child.
///
/// Ownership and threading: the state of the supervisor actor, and only ever called by it.
class supervisor {
 public:
  using done_answer = consumer_commands::done_answer;
  static constexpr std::chrono::milliseconds tick_interval{250};

  supervisor(supervisor_front::pointer self, supervisor_environment environment,
             std::optional<std::vector<consumer_spec>> stored);

  /// Starts what shall run, and the clock.
  void start();

  [[nodiscard]] consumer_commands& commands() noexcept { return commands_; }
  [[nodiscard]] caf::result<consumer_views> list();
  void get(const consumer_id& id, const owed_answer<consumer_view_ptr>& answer);
  [[nodiscard]] server_health health() const;

  void observed(const consumer_id& id, std::uint64_t incarnation, const observation_ptr& seen);
  void child_ended(const caf::actor_addr& address, const caf::error& reason);
  void turn_ended(const consumer_id& id) { turns_.hand_over(id); }
  void ownership_changed(const consumer_id& id);
  void wanted_changed(const wanted_changes& changes);
  void told(const std::vector<instance_report>& reports);
  void stored_elsewhere(const consumer_id& id, change_number number, const done_answer& answer);
  void ticked();
  void drain(const done_answer& answer);

 private:
  void reconcile(const entry_ptr& entry);
  bool reconcile(const entry_ptr& entry, const instance_ptr& instance);
  void start_held_back();
  void ask_owner(const entry_ptr& entry);
  [[nodiscard]] std::function<void(const consumer_id&, std::function<void(const std::optional<error>&)>)> refresher();
  [[nodiscard]] consumer_view_ptr as_seen_now(consumer_entry& entry) const;
  void settled(const entry_ptr& entry);
  void forget(const entry_ptr& entry);
  [[nodiscard]] bool shall_run(const consumer_entry& entry, const consumer_instance& instance) const;
  [[nodiscard]] std::optional<error> why_refused() const;
  void loaded(const consumer_spec_list& stored);
  void stand_by();
  void finish_if_drained();

  supervisor_front::pointer self_;
  supervisor_environment environment_;
  bool loaded_;  ///< what the store holds is known, and this replica runs it
  bool shutting_down_ = false;
  std::vector<done_answer> drained_;

  store_session_ownership session_;
  ownership& owned_;
  consumer_entries entries_;
  turns turns_;
  consumer_children children_;
  consumer_faults faults_;
  store_link store_;
  ledger_recall recall_;
  consumer_sharing sharing_;
  consumer_loading loading_;
  consumer_commands commands_;
  std::set<consumer_id> held_back_;  ///< consumers whose start waits for other starts
};

}  // namespace kfs
