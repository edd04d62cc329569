#pragma once

#include <functional>
#include <optional>

#include "actors/answer.hpp"
#include "actors/command_context.hpp"
#include "actors/supervisor/entries.hpp"
#include "actors/supervisor/faults.hpp"
#include "actors/supervisor/front.hpp"
#include "actors/supervisor/spawn.hpp"
#include "actors/supervisor/store_link.hpp"
#include "actors/supervisor/turns.hpp"

namespace kfs {

/// Changes what is wanted: first in the store, then here; reconcile() makes it so.
///
/// What a user asks for is written to the audit, together with what it changes; a start or stop that changes nothing
/// stored is written before it is carried out. A creation or change without effect, and a command that fails, leave
/// their entry to whoever sent them.
///
/// The permission of a command (command_right) is checked when its turn comes, on what is wanted then; of a change also
/// on what it makes of the consumer.
///
/// Commands of one consumer take their turns. One whose deadline has passed when its turn comes is not carried out.
///
/// Ownership and threading: of the supervisor, as is everything that it refers to.
class consumer_commands {
 public:
  using view_answer = owed_answer<consumer_view_ptr>;
  using update_answer = owed_answer<update_outcome>;
  using create_answer = owed_answer<create_outcome>;
  using done_answer = owed_answer<done>;

  struct parts {
    supervisor_front::pointer self;
    const supervisor_environment& environment;
    consumer_entries& entries;
    turns& in_turn;
    consumer_faults& faults;
    store_link& store;
    std::function<void(const entry_ptr&)> reconcile;
    std::function<std::optional<error>()> why_refused;  ///< nullopt while commands are taken
    /// Several replicas: learns what another one has just stored of a consumer. Empty: alone.
    std::function<void(const consumer_id&, std::function<void(const std::optional<error>&)>)> refresh;
  };
  explicit consumer_commands(parts with) : with_(std::move(with)) {}

  void create(const command_context& context, const consumer_spec_ptr& spec, const create_answer& answer);
  void update(const command_context& context, const consumer_id& id, const requested_change& change,
              const update_answer& answer);
  void set_target(const command_context& context, const consumer_id& id, target_state target,
                  const view_answer& answer);
  void give(const command_context& context, const consumer_id& id, const consumer_order& order,
            const view_answer& answer);
  void remove(const command_context& context, const consumer_id& id, const revision_condition& condition,
              const done_answer& answer);

 private:
  using turn = turns::turn;

  template <class Answer>
  void begin(const command_context& context, const consumer_id& id, const Answer& answer, turns::command run);
  template <class Answer, class... Message>
  void write(const command_context& context, const turn& held, const consumer_id& id, const Answer& answer,
             std::function<void(change_number)> stored, std::function<void()> again, Message... message);
  [[nodiscard]] bool is_overtaken(const command_context& context, const caf::error& why) const;
  /// Learns what the store has of the consumer, then goes on.
  template <class Answer>
  void learn_then(const turn& held, const consumer_id& id, const Answer& answer, const std::function<void()>& go_on);
  template <class Answer>
  entry_ptr permitted(const command_context& context, const consumer_id& id, const Answer& answer);
  template <class Answer>
  void audit_then(const command_context& context, const turn& held, const consumer_entry& entry, const Answer& answer,
                  std::function<void()> carry_out);
  void announce(const consumer_id& id, change_number number, const std::shared_ptr<void>& held_answer);

  /// The change that a new one follows.
  [[nodiscard]] change_number known(const consumer_entry& entry) const;
  /// What is wanted of the consumer is stored as the change of that number.
  void note(consumer_entry& entry, change_number number) const;
  /// The same for a change that is no new revision.
  void want_changed(consumer_entry& entry, change_number number,
                    const std::function<void(consumer_spec&)>& change) const;
  void create_or_repeat(const command_context& context, const turn& held, const consumer_spec_ptr& spec,
                        const create_answer& answer);
  void store_new(const command_context& context, const turn& held, const consumer_spec_ptr& spec,
                 const create_answer& answer);
  void repeat_create(const command_context& context, const turn& held, const consumer_spec_ptr& spec,
                     const create_answer& answer);
  void check_change(const command_context& context, const turn& held, const consumer_id& id,
                    const requested_change& change, const update_answer& answer);
  void store_change(const command_context& context, const turn& held, const entry_ptr& entry,
                    const requested_change& change, const checked_spec& checked, const update_answer& answer);
  void apply_change(const command_context& context, const entry_ptr& entry, const consumer_spec_ptr& changed,
                    const update_answer& answer);
  void store_target(const command_context& context, const turn& held, const consumer_id& id, target_state target,
                    const view_answer& answer);
  void store_removal(const command_context& context, const turn& held, const consumer_id& id,
                     const revision_condition& condition, const done_answer& answer);
  void store_order(const command_context& context, const turn& held, const consumer_id& id, const consumer_order& order,
                   const view_answer& answer);
  void take_order(const command_context& context, const entry_ptr& entry, const consumer_order& order,
                  const view_answer& answer);
  void take_target(const command_context& context, const entry_ptr& entry, target_state target,
                   const view_answer& answer);
  consumer_view_ptr view_of(consumer_entry& entry) const { return entry.view(); }

  parts with_;
};

}  // namespace kfs
